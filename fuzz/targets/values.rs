//! Tables of values that were saved: whatever is in them, reading them ends well.
#![no_main]

use std::sync::LazyLock;

use coop_fuzz::shelf::Whole;
use libfuzzer_sys::fuzz_target;

const PROGRAM: &str = "let pkgs = import /pkgs/top-level/default.nix { }; in
    map (n: n.drvPath) (builtins.attrValues pkgs)";

const PACKAGES: &str = r#"{ }: builtins.listToAttrs (builtins.genList (n: {
    name = "package${toString n}";
    value = derivation { name = "p${toString n}"; system = "s"; builder = "/b"; };
}) 24)"#;

static WHOLE: LazyLock<Whole> = LazyLock::new(|| {
    let path = b"/pkgs/top-level/default.nix";
    Whole::new(PROGRAM, path, PACKAGES.into(), |shelf| &shelf.values)
});

fuzz_target!(|input: &[u8]| WHOLE.check(input));
