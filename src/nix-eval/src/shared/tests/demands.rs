//! Which derivations are found that an evaluation made, and by which names.

use super::{LINUX, PACKAGES, write};
use crate::eval::{Evaluator, Settings, with_stack};
use crate::position::Origin;
use crate::testing::Memory;

/// Packages that can be reached in more ways than one.
const TEXT: &str = r#"
    { localSystem }:
    let
      package = name: derivation { inherit name; system = localSystem; builder = "/b"; };
      of = names: builtins.listToAttrs (map (name: { inherit name; value = package name; }) names);
      all = of [ "made" "named" "other" ] // {
        # Comes first, and leads to all by many names.
        a = { way.around.to = all; };
        languages.some = of [ "made" "other" ];
        deep.a.b.c.d = of [ "made" ];
        output = {
          out = {
            inherit (package "output") drvPath outPath;
            type = builtins.substring 0 10 "derivation of something";
          };
        };
        source = { outPath = (package "source").outPath; type = "source"; drvPath = "none"; };
      };
    in
    all
"#;

/// The names of all that was made for `asked`.
fn made(asked: &str) -> Vec<String> {
    let mut memory = Memory::default();
    write(&mut memory, "/n/pkgs/top-level/default.nix", TEXT);
    let program = format!("let all = {PACKAGES} {LINUX}; in [ {asked} ]");
    with_stack(|| {
        let mut evaluator = Evaluator::new(Settings::default(), Box::new(memory)).unwrap();
        evaluator.start_on_this_stack();
        evaluator.share_calls("");
        let value = evaluator.eval_text(program.as_bytes(), Origin::String, b"/");
        assert!(value.and_then(|value| evaluator.force_deep(value)).is_ok());
        let names = |path: Vec<Vec<u8>>| String::from_utf8(path.join(&b'.')).unwrap();
        let demands = evaluator.demands().into_iter();
        let mut found: Vec<String> = demands.map(|demand| names(demand.path)).collect();
        found.sort();
        found
    })
    .unwrap()
    .unwrap()
}

#[test]
fn what_was_made_is_found_and_nothing_else() {
    assert!(made("all.made.name (all ? deep)").is_empty());
    assert_eq!(made("all.made.drvPath all.named.name"), ["made"]);
    assert_eq!(made("all.made.outPath"), ["made"]);
    assert_eq!(
        made("all.languages.some.made.drvPath"),
        ["languages.some.made"]
    );
}

#[test]
fn it_is_found_by_the_fewest_names() {
    let asked = "all.a.way.around.to.made.drvPath all.languages.some.other.drvPath";
    assert_eq!(made(asked), ["languages.some.other", "made"]);
}

#[test]
fn an_output_is_found_though_nobody_asked_for_its_type() {
    assert_eq!(made("all.output.out.outPath"), ["output.out"]);
    assert!(made("all.source.outPath all.source.type").is_empty());
}

#[test]
fn there_is_an_end_to_looking() {
    assert!(made("all.deep.a.b.c.d.made.drvPath").is_empty());
}
