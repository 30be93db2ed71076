//! Which derivations are found that an evaluation made, and by which names.

use super::{LINUX, PACKAGES, answer, many, nixpkgs, write};
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

/// What there is to say once a program was evaluated.
fn after<T: Send>(
    memory: &Memory,
    program: &str,
    ask: impl FnOnce(&mut Evaluator) -> T + Send,
) -> T {
    let memory = memory.clone();
    let asked = with_stack(|| {
        let mut evaluator = Evaluator::new(Settings::default(), Box::new(memory)).unwrap();
        evaluator.start_on_this_stack();
        evaluator.share_calls("");
        let value = evaluator.eval_text(program.as_bytes(), Origin::String, b"/");
        assert!(value.and_then(|value| evaluator.force_deep(value)).is_ok());
        ask(&mut evaluator)
    });
    asked.unwrap().unwrap()
}

/// The names of all that was made for `asked`.
fn made(asked: &str) -> Vec<String> {
    let mut memory = Memory::default();
    write(&mut memory, "/n/pkgs/top-level/default.nix", TEXT);
    let program = format!("let all = {PACKAGES} {LINUX}; in [ {asked} ]");
    after(&memory, &program, |evaluator| {
        let names = |path: Vec<Vec<u8>>| String::from_utf8(path.join(&b'.')).unwrap();
        let demands = evaluator.demands().into_iter();
        let mut found: Vec<String> = demands.map(|demand| names(demand.path)).collect();
        found.sort();
        found
    })
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

#[test]
fn what_is_new_is_held_against_what_was_used() {
    let memory = nixpkgs();
    answer(&memory, &many(LINUX));
    let is_mostly_new = |program: &str| {
        after(&memory, program, |evaluator| {
            evaluator
                .take_unshared()
                .map(|unshared| unshared.is_mostly_new())
        })
    };
    assert_eq!(is_mostly_new(&many(LINUX)), None);
    // Thirty were saved.
    let more = |count: u32| {
        format!(
            "let pkgs = {PACKAGES} {LINUX}; in \
             map (n: pkgs.clocked.\"clocked${{toString n}}\".drvPath) (pkgs.lib.range 1 {count})"
        )
    };
    assert_eq!(is_mostly_new(&more(21)), Some(false));
    assert_eq!(is_mostly_new(&more(30)), Some(true));
    // Nothing that was saved is of use to packages for another system.
    let others = many(r#"{ localSystem = "aarch64-linux"; }"#);
    assert_eq!(is_mostly_new(&others), Some(true));
}
