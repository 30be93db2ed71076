//! Store paths. What is expected is what `nix-store --print-fixed-path`, `builtins.toFile` and
//! `builtins.placeholder` print.

use std::collections::BTreeSet;

use nix_store::{
    Algorithm, ContentAddress, Hash, Method, NotContentAddressable, References, StoreDir,
    StorePath, check_name, downstream_placeholder, placeholder,
};
use proptest::prelude::*;

fn fixed(method: Method, algorithm: Algorithm) -> ContentAddress {
    ContentAddress {
        method,
        hash: Hash::of(algorithm, b"hello"),
    }
}

#[test]
fn paths_of_content_addressed_objects() {
    let store = StoreDir::default();
    for (method, algorithm, expected) in [
        (
            Method::Nar,
            Algorithm::Sha256,
            "w1pzy7dlps61vvs3qpc1smc09q7zkkdz-tree",
        ),
        (
            Method::Flat,
            Algorithm::Sha256,
            "2vp50v5fl4sidfqs9m1vwbihkfsyfl2j-tree",
        ),
        (
            Method::Nar,
            Algorithm::Sha1,
            "2w1r46xj9pbnjjdzyhz1w6mbp6m661mq-tree",
        ),
        (
            Method::Flat,
            Algorithm::Md5,
            "m0pbqd8klm2asmq77xm88p5hxkqh90f6-tree",
        ),
        (
            Method::Nar,
            Algorithm::Sha512,
            "94qnm1ixb88565lavj27xvqy0vv56h0z-tree",
        ),
    ] {
        let address = fixed(method, algorithm);
        let path = store.content_addressed_path(b"tree", &address, &References::default());
        assert_eq!(path.unwrap().base_name(), expected);
    }
}

#[test]
fn paths_of_text_files_depend_on_their_references() {
    let store = StoreDir::default();
    let inner = store.text_path(b"inner", b"x", []).unwrap();
    assert_eq!(inner.base_name(), "5vpafad049f76a8rjsma1c6d9058jkyn-inner");
    let text = b"text /nix/store/5vpafad049f76a8rjsma1c6d9058jkyn-inner";
    let outer = store.text_path(b"file", text, [&inner]).unwrap();
    assert_eq!(outer.base_name(), "3j14z5kdgz7fsra8w9bwwk9k615vnbq6-file");

    let address = ContentAddress {
        method: Method::Text,
        hash: Hash::of(Algorithm::Sha256, text),
    };
    let references = References {
        others: BTreeSet::from([inner]),
        itself: false,
    };
    assert_eq!(
        store.content_addressed_path(b"file", &address, &references),
        Ok(outer)
    );
}

#[test]
fn only_sha256_over_a_nar_may_have_references() {
    let store = StoreDir::default();
    let itself = References {
        others: BTreeSet::new(),
        itself: true,
    };
    let with = |method, algorithm| {
        store.content_addressed_path(b"tree", &fixed(method, algorithm), &itself)
    };
    assert!(with(Method::Nar, Algorithm::Sha256).is_ok());
    for (method, algorithm) in [
        (Method::Flat, Algorithm::Sha256),
        (Method::Nar, Algorithm::Sha1),
    ] {
        let error = with(method, algorithm).unwrap_err();
        assert!(
            matches!(error, NotContentAddressable::References { .. }),
            "{error}"
        );
    }
    assert!(matches!(
        with(Method::Git, Algorithm::Md5),
        Err(NotContentAddressable::GitAlgorithm {
            algorithm: Algorithm::Md5
        })
    ));
}

#[test]
fn names_follow_the_rules_of_nix() {
    let longest = "a".repeat(211);
    for name in ["...-a", ".a", &longest, "+-._?=", "-", "0"] {
        assert_eq!(check_name(name.as_bytes()), Ok(()), "{name}");
    }
    let too_long = "a".repeat(212);
    for (name, message) in [
        ("", "name must not be empty"),
        (".", "name '.' is not valid"),
        ("..", "name '..' is not valid"),
        (
            ".-a",
            "name '.-a' is not valid: first dash-separated component must not be '.'",
        ),
        (
            "..-a",
            "name '..-a' is not valid: first dash-separated component must not be '..'",
        ),
        ("a b", "name 'a b' contains illegal character ' '"),
        ("é", "name 'é' contains illegal character '\u{fffd}'"),
        (
            &too_long,
            &format!("name '{too_long}' must be no longer than 211 characters"),
        ),
    ] {
        assert_eq!(
            check_name(name.as_bytes()).unwrap_err().to_string(),
            message
        );
    }
}

#[test]
fn paths_are_read_and_split() {
    let store = StoreDir::default();
    let whole = b"/nix/store/5vpafad049f76a8rjsma1c6d9058jkyn-a.drv";
    let path = store.parse(whole).unwrap();
    assert_eq!(path.hash_part(), "5vpafad049f76a8rjsma1c6d9058jkyn");
    assert_eq!(path.name(), "a.drv");
    assert_eq!(path.derivation_name(), Some("a"));
    assert_eq!(store.print(&path), whole);
    let crooked = b"/nix/store//x/../5vpafad049f76a8rjsma1c6d9058jkyn-a.drv/.";
    assert_eq!(store.parse(crooked), Ok(path.clone()));
    assert_eq!(
        store
            .split(&[whole, b"/b/c".as_slice()].concat())
            .unwrap()
            .1,
        b"/b/c"
    );
    assert_eq!(store.split(whole), Ok((path, b"".as_slice())));
}

#[test]
fn other_paths_are_refused() {
    let store = StoreDir::default();
    for (path, message) in [
        ("x", "not an absolute path: 'x'"),
        ("", "not an absolute path: ''"),
        ("/tmp/x", "path '/tmp/x' is not in the Nix store"),
        ("/nix/store", "path '/nix/store' is not in the Nix store"),
        (
            "/nix/store/5vpafad049f76a8rjsma1c6d9058jkyn-a/b",
            "path '/nix/store/5vpafad049f76a8rjsma1c6d9058jkyn-a/b' is not in the Nix store",
        ),
        (
            "/nix/store/5vpa",
            "'5vpa' is too short to be a valid store path",
        ),
        (
            "/nix/store/evpafad049f76a8rjsma1c6d9058jkyn-a",
            "store path 'evpafad049f76a8rjsma1c6d9058jkyn-a' contains illegal base-32 character 'e'",
        ),
        (
            "/nix/store/5vpafad049f76a8rjsma1c6d9058jkyn-",
            "path '5vpafad049f76a8rjsma1c6d9058jkyn-' is not a valid store path: name must not be empty",
        ),
    ] {
        assert_eq!(
            store.parse(path.as_bytes()).unwrap_err().to_string(),
            message
        );
    }
}

#[test]
fn the_store_directory_is_part_of_the_hash() {
    let store = StoreDir::new(b"/other//store/").unwrap();
    assert_eq!(store.as_bytes(), b"/other/store");
    assert_ne!(
        store.text_path(b"inner", b"x", []),
        StoreDir::default().text_path(b"inner", b"x", [])
    );
}

#[test]
fn placeholders() {
    assert_eq!(
        placeholder(b"out"),
        "/1rz4g4znpzjwh1xymhjpm42vipw92pr73vdgl6xs1hycac8kf2n9"
    );
    assert_eq!(
        placeholder(b"dev"),
        "/02qcpld1y6xhs5gz9bchpxaw0xdhmsp5dv88lh25r2ss44kh8dxz"
    );
    let floating = StorePath::parse(b"wqns86cmic7cd8n8ah5ki8qn9bvyrxkj-floating.drv").unwrap();
    assert_eq!(
        downstream_placeholder(&floating, b"dev"),
        "/1v8s8rr9hmldklx9n85xg2lwrl6nrjm166i9rg7zxrc63h51klp5"
    );
    let below = StorePath::parse(b"wyrm29mc03mzgldzr4i6p0d7chpq1qnf-below.drv").unwrap();
    assert_eq!(
        downstream_placeholder(&below, b"out"),
        "/1ri6vn1hfzlrhlm8f055yf4by5rfi9469yhn67qhlszbfaflr3ca"
    );
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text: Vec<u8>) {
        let store = StoreDir::default();
        let _ = StorePath::parse(&text);
        let _ = store.parse(&text);
        let _ = store.split(&[b"/nix/store/", text.as_slice()].concat());
        let _ = store.text_path(&text, &text, []);
    }
}
