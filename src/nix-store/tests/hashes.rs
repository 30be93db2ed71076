//! Hashes and their text forms. What is expected is what `nix-hash` and `nix hash` print.

use nix_store::hash::{Encoding, HashError};
use nix_store::{Algorithm, Hash};
use proptest::prelude::*;

/// Algorithm, then base 16, base 32 and SRI of `hello`.
const HELLO: &[(Algorithm, &str, &str, &str)] = &[
    (
        Algorithm::Md5,
        "5d41402abc4b2a76b9719d911017c592",
        "4jqlbi14cxf6wpcajbphm40hax",
        "md5-XUFAKrxLKna5cZ2REBfFkg==",
    ),
    (
        Algorithm::Sha1,
        "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d",
        "9m1skbnr5i43n3yypvda5s65vhfwdx5a",
        "sha1-qvTGHdzF6KLavt4PO0gs2a6pQ00=",
    ),
    (
        Algorithm::Sha256,
        "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
        "094qif9n4cq4fdg459qzbhg1c6wywawwaaivx0k0x8xhbyx4vwic",
        "sha256-LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=",
    ),
    (
        Algorithm::Sha512,
        "9b71d224bd62f3785d96d46ad3ea3d73319bfbc2890caadae2dff72519673ca72323c3d99ba5c11d7c7acc6e14b8c5da0c4663475c2e5c3adef46f73bcdec043",
        "11w1pmwfdpz9pisbhp5qiv38q6dmidq2ipcqykw3p0sb6yrqcij79rwcwcjbxyzwbdal349qbxrncbk7pmd6snljrfpiwv2pljd4wcv",
        "sha512-m3HSJL1i83hdltRq0+o9czGb+8KJDKra4t/3JRlnPKcjI8PZm6XBHXx6zG4UuMXaDEZjR1wuXDre9G9zvN7AQw==",
    ),
    (
        Algorithm::Blake3,
        "ea8f163db38682925e4491c5e58d4bb3506ef8c14eb78a86e908c5624a67200f",
        "03r0cx565i88x638mdsfq7w6wl5k9f6ybici8ig950l6ncyid3za",
        "blake3-6o8WPbOGgpJeRJHF5Y1Ls1Bu+MFOt4qG6QjFYkpnIA8=",
    ),
];

#[test]
fn every_algorithm_in_every_encoding() {
    for (algorithm, base16, nix32, sri) in HELLO {
        let hash = Hash::of(*algorithm, b"hello");
        assert_eq!(hash.encode(Encoding::Base16), *base16);
        assert_eq!(hash.encode(Encoding::Nix32), *nix32);
        assert_eq!(hash.encode(Encoding::Sri), *sri);
        assert_eq!(
            hash.encode_with_algorithm(Encoding::Nix32),
            format!("{algorithm}:{nix32}")
        );
        assert_eq!(hash.to_string(), *sri);
    }
}

#[test]
fn every_form_is_read() {
    for (algorithm, base16, nix32, sri) in HELLO {
        let hash = Hash::of(*algorithm, b"hello");
        let base64 = hash.encode(Encoding::Base64);
        for (digits, encoding) in [
            (*base16, Encoding::Base16),
            (&base16.to_uppercase(), Encoding::Base16),
            (nix32, Encoding::Nix32),
            (&base64, Encoding::Base64),
        ] {
            let named = format!("{algorithm}:{digits}");
            for (text, expected) in [
                (named.as_str(), None),
                (&named, Some(*algorithm)),
                (digits, Some(*algorithm)),
            ] {
                assert_eq!(
                    Hash::parse_any_with_encoding(text.as_bytes(), expected),
                    Ok((hash, encoding)),
                    "{text}"
                );
            }
            assert_eq!(
                Hash::parse_unprefixed(digits.as_bytes(), *algorithm),
                Ok(hash)
            );
        }
        assert_eq!(Hash::parse_sri(sri.as_bytes()), Ok(hash));
        assert_eq!(
            Hash::parse_any_with_encoding(sri.as_bytes(), None),
            Ok((hash, Encoding::Sri))
        );
    }
}

#[test]
fn base_64_is_read_loosely() {
    let hash = Ok(Hash::of(Algorithm::Sha256, b"hello"));
    for text in [
        "sha256-LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ",
        "sha256-LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCR=",
        "sha256-LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=== anything",
        "sha256-LPJNul+wow4m6Dsqxbnin\nhsWHlwfp0JecwQzYpOLmCQ=\n",
    ] {
        assert_eq!(Hash::parse_any(text.as_bytes(), None), hash, "{text}");
    }
}

#[test]
fn an_empty_hash_is_all_zeros() {
    assert_eq!(
        Hash::parse_any_or_empty(b"", Some(Algorithm::Sha256)),
        Ok(Hash::zero(Algorithm::Sha256))
    );
    assert_eq!(
        Hash::parse_any_or_empty(b"", None),
        Err(HashError::EmptyWithoutAlgorithm)
    );
    assert_eq!(
        Hash::zero(Algorithm::Sha256).to_string(),
        "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
    );
}

#[test]
fn messages_are_those_of_nix() {
    let not_hexadecimal = "g".repeat(64);
    let too_large = "z".repeat(52);
    let no_digit = format!("e{}", "0".repeat(51));
    for (text, message) in [
        (
            "sha256:zz",
            "hash 'zz' has wrong length for hash algorithm 'sha256'",
        ),
        (
            "sha256-abc",
            "invalid SRI hash 'abc', length 2 != expected length 32",
        ),
        ("sha512-abc", "hash 'sha512-abc' should have type 'sha256'"),
        (
            "foo:abc",
            "unknown hash algorithm 'foo', expect 'blake3', 'md5', 'sha1', 'sha256', or 'sha512'",
        ),
        (
            &not_hexadecimal,
            &format!("invalid base16 hash '{not_hexadecimal}', length 0 != expected length 32"),
        ),
        (
            &no_digit,
            &format!("invalid nix32 hash '{no_digit}', length 0 != expected length 32"),
        ),
        (
            &too_large,
            &format!("invalid nix32 hash '{too_large}', length 33 != expected length 32"),
        ),
    ] {
        let error = Hash::parse_any(text.as_bytes(), Some(Algorithm::Sha256)).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
    assert_eq!(
        Hash::parse_any(b"abc", None).unwrap_err().to_string(),
        "hash 'abc' does not include a type, nor is the type otherwise known from context"
    );
    assert_eq!(
        Hash::parse_sri(b"abc").unwrap_err().to_string(),
        "hash 'abc' is not SRI"
    );
}

fn any_hash() -> impl Strategy<Value = Hash> {
    (prop::sample::select(&Algorithm::ALL[..]), any::<Vec<u8>>())
        .prop_map(|(algorithm, data)| Hash::of(algorithm, &data))
}

proptest! {
    #[test]
    fn what_is_written_is_read(hash in any_hash()) {
        for encoding in [Encoding::Base16, Encoding::Nix32, Encoding::Base64, Encoding::Sri] {
            let text = hash.encode_with_algorithm(encoding);
            prop_assert_eq!(Hash::parse_any_with_encoding(text.as_bytes(), None), Ok((hash, encoding)));
        }
    }

    #[test]
    fn no_text_makes_it_panic(text: Vec<u8>, algorithm in prop::sample::select(&Algorithm::ALL[..])) {
        let _ = Hash::parse_any(&text, Some(algorithm));
        let _ = Hash::parse_any(&text, None);
        let _ = Hash::parse_sri(&text);
    }
}
