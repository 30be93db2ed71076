//! Tables of values that were saved: whatever is in them, reading them ends well.
#![no_main]

use std::sync::LazyLock;

use coop_fuzz::shelf::{Shelf, damaged};
use libfuzzer_sys::fuzz_target;

const PROGRAM: &str = "let pkgs = import /pkgs/top-level/default.nix { }; in
    map (n: n.drvPath) (builtins.attrValues pkgs)";

const PACKAGES: &str = r#"{ }: builtins.listToAttrs (builtins.genList (n: {
    name = "package${toString n}";
    value = derivation { name = "p${toString n}"; system = "s"; builder = "/b"; };
}) 24)"#;

static WHOLE: LazyLock<(Shelf, Vec<u8>, String)> = LazyLock::new(|| {
    let mut shelf = Shelf::default();
    let path = b"/pkgs/top-level/default.nix".to_vec();
    shelf.files.insert(path, PACKAGES.into());
    let expected = shelf.evaluate(PROGRAM);
    let saved = shelf.values.lock().expect("no panic before").clone();
    (shelf, saved.expect("enough to save"), expected)
});

fuzz_target!(|input: &[u8]| {
    let (shelf, whole, expected) = &*WHOLE;
    let shelf = Shelf {
        files: shelf.files.clone(),
        ..Shelf::default()
    };
    *shelf.values.lock().expect("no panic before") = Some(damaged(whole, input));
    assert!(shelf.evaluate(PROGRAM) == *expected);
});
