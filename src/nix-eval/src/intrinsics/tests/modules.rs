//! A small system of modules, by the library of nixpkgs.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::{as_written, run};
use crate::eval::Settings;
use crate::testing::Memory;

/// What is known of a system of modules with a library, but for what is wrong in it.
pub(super) fn right(library: &str) -> String {
    format!("builtins.toJSON (removeAttrs (import /system.nix ({library})) [ \"wrong\" ])")
}

/// Which modules make the system wrong.
pub(super) fn wrong(library: &str) -> String {
    format!("builtins.toJSON (import /system.nix ({library})).wrong")
}

/// The library of nixpkgs at `/nixpkgs/lib`; `None`, which is said, where there is no nixpkgs here.
#[expect(
    clippy::disallowed_methods,
    reason = "it is read before anything is evaluated, and standard error is for people"
)]
pub(super) fn library() -> Option<Memory> {
    let named = std::env::var_os("COOP_NIXPKGS").map(PathBuf::from);
    let cached = || Some(Path::new(&std::env::var_os("HOME")?).join(".cache/coop/nixpkgs"));
    let root = named.or_else(cached).unwrap_or_default();
    let mut memory = Memory::default();
    let mut folders = vec![root.join("lib")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let below = path.strip_prefix(&root).unwrap().to_str().unwrap();
            let text = std::fs::read(&path).unwrap();
            memory
                .files
                .insert(format!("/nixpkgs/{below}").into(), text);
        }
    }
    if memory.files.is_empty() {
        // Unlike what tests print, this is shown though they succeed.
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED: a test of intrinsics needs nixpkgs: neither COOP_NIXPKGS nor ~/.cache/coop/nixpkgs is there",
        );
        return None;
    }
    for (path, text) in [
        ("/system.nix", include_str!("system.nix")),
        ("/module.nix", include_str!("module.nix")),
    ] {
        memory.files.insert(path.into(), text.into());
    }
    Some(memory)
}

#[test]
fn modules_are_evaluated_as_they_are_without_intrinsics() {
    let Some(library) = library() else { return };
    let program = right("import /nixpkgs/lib");
    let outcome = run(&library, &program, Settings::default());
    let written = run(&library, &program, as_written());
    assert_eq!(outcome.answer, written.answer);
    assert!(outcome.answer.contains(r#"\"list\":[1,2,3,4,9]"#));
    assert_eq!(outcome.refused, []);
    assert!(outcome.stats.intrinsics > 100);
    assert_eq!(written.stats.intrinsics, 0);
}

#[test]
fn modules_that_are_wrong_are_wrong_with_intrinsics() {
    let Some(library) = library() else { return };
    let program = wrong("import /nixpkgs/lib");
    let outcome = run(&library, &program, Settings::default());
    assert_eq!(
        outcome.answer,
        "\"[false,false,false,false,false,false,false,false,false]\""
    );
    assert_eq!(outcome.answer, run(&library, &program, as_written()).answer);
    assert!(outcome.stats.intrinsics > 50);
}
