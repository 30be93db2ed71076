//! Nix's own base 32: digits and lower-case letters without `e`, `o`, `t` and `u`, the number
//! written with its most significant digit first and the bytes read as little-endian.
//!
//! The format is that of Nix's `libutil/base-nix-32.cc`; RFC 4648's base 32 has no place here.

/// The 32 digits, in order of value.
pub const ALPHABET: &[u8; 32] = b"0123456789abcdfghijklmnpqrsvwxyz";

const INVALID: u8 = 0xff;

const VALUES: [u8; 256] = {
    let mut values = [INVALID; 256];
    let mut digit = 0;
    while digit < ALPHABET.len() {
        values[ALPHABET[digit] as usize] = digit as u8;
        digit += 1;
    }
    values
};

/// Number of digits that `bytes` bytes take.
#[must_use]
pub const fn encoded_length(bytes: usize) -> usize {
    (bytes * 8).div_ceil(5)
}

/// Whether `byte` is one of the 32 digits.
#[must_use]
pub const fn is_digit(byte: u8) -> bool {
    VALUES[byte as usize] != INVALID
}

/// Writes `bytes` in base 32.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(encoded_length(bytes.len()));
    for digit in (0..encoded_length(bytes.len())).rev() {
        let (byte, shift) = (digit * 5 / 8, digit * 5 % 8);
        let low = u16::from(bytes[byte]);
        let high = bytes.get(byte + 1).map_or(0, |next| u16::from(*next) << 8);
        let value = ((low | high) >> shift) & 0x1f;
        text.push(char::from(ALPHABET[usize::from(value)]));
    }
    text
}

/// Reads base 32. The result has as many bytes as the digits reach into: excess bits that are not
/// zero lengthen it, as they do in Nix, so a caller that knows the length finds them by comparing.
///
/// # Errors
///
/// The first byte, from the end, that is no digit.
pub fn decode(text: &[u8]) -> Result<Vec<u8>, u8> {
    let mut bytes = Vec::with_capacity((text.len() * 5).div_ceil(8));
    for (position, &character) in text.iter().rev().enumerate() {
        let value = VALUES[usize::from(character)];
        if value == INVALID {
            return Err(character);
        }
        let (byte, shift) = (position * 5 / 8, position * 5 % 8);
        let value = u16::from(value) << shift;
        if bytes.len() <= byte {
            bytes.push(0);
        }
        bytes[byte] |= (value & 0xff) as u8;
        if value > 0xff {
            bytes.push((value >> 8) as u8);
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn writes_what_nix_writes() {
        assert_eq!(encode(b""), "");
        assert_eq!(encode(&[0x1f]), "0z");
        assert_eq!(
            encode(crate::Hash::of(crate::Algorithm::Md5, b"").bytes()),
            "3y8bwfr609h3lh9ch0izcqq7fl"
        );
    }

    #[test]
    fn letters_left_out_are_refused() {
        for letter in *b"eotuEA-+/ \0" {
            assert_eq!(decode(&[b'0', letter]), Err(letter));
        }
    }

    #[test]
    fn excess_bits_lengthen_the_result() {
        assert_eq!(decode(b"0z"), Ok(vec![0x1f]));
        assert_eq!(decode(b"zz"), Ok(vec![0xff, 0x03]));
    }

    proptest! {
        #[test]
        fn reads_what_it_wrote(bytes: Vec<u8>) {
            let text = encode(&bytes);
            prop_assert_eq!(text.len(), encoded_length(bytes.len()));
            prop_assert_eq!(decode(text.as_bytes()), Ok(bytes));
        }

        #[test]
        fn never_panics(text: Vec<u8>) {
            let _ = decode(&text);
        }
    }
}
