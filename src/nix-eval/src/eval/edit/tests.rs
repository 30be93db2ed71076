//! Whatever is edited: what an evaluation that goes on gives is what a new one gives.

use std::collections::BTreeMap;

use super::*;
use crate::eval::{Settings, with_stack};
use crate::print;
use crate::testing::Memory;

/// Values that programs are given: in all forms in which literals are written.
pub(crate) const VALUES: &str = r#"{
  number = 3;
  other = 4;
  half = 0.5;
  on = true;
  off = false;
  name = "web1";
  title = ''
    two
    lines
  '';
  names = [ "a" "b" "c" ];
  numbers = [ 3 1 2 ];
  deep = { list = [ [ "x" ] [ ] ]; text = "deep"; };
  function = { add ? 2, ... }: x: x + add;
  nothing = null;
  empty = [ ];
  text = "name is ${toString 5}";
  file = ./data/one;
}
"#;

/// A program that goes through values in many ways, each of which could keep an old one.
pub(crate) const PROGRAM: &str = r#"
let
  v = import ./values.nix;
  fix = f: let x = f x; in x;
  config = fix (self: {
    inherit (v) name number;
    double = self.number * 2;
    hosts = builtins.listToAttrs (map (name: { inherit name; value = { inherit name; id = self.double; }; }) v.names);
    total = builtins.foldl' (a: h: a + h.id) 0 (builtins.attrValues self.hosts);
    when = if v.on && self.total > v.other then { extra = self.name; } else { };
  } // { lazy = throw "never"; });
  big = builtins.listToAttrs (builtins.genList (n: { name = "k${toString n}"; value = n + v.number; }) 50);
  layered = big // { k3 = v.name; } // (if v.off then { k4 = "off"; } else { });
  counter = builtins.genericClosure {
    startSet = [ { key = 0; } ];
    operator = e: if e.key < v.other then [ { key = e.key + 1; } ] else [ ];
  };
  cached = let f = x: builtins.hashString "sha256" (x + v.title); in f;
  modules = map (m: m { inherit config; value = v.deep; }) [
    ({ value, ... }: { out = value.text; })
    ({ config, ... }: { out = config.total; })
    ({ config, value, ... }: { out = builtins.length (builtins.head value.list) + config.double; })
  ];
  attempt = builtins.tryEval (assert v.number < 6; v.name);
  apply = v.function { add = v.number; };
  strict = builtins.deepSeq config.hosts (builtins.seq v.half (v.half + 1));
  rest = with v; [ name other (if off then numbers else names) ];
  data = builtins.readFile ./data/one + builtins.readFile (./data + "/${if v.on then "two" else "one"}");
  static = builtins.concatStringsSep "," (builtins.genList toString 40);
in {
  inherit (config) double total when hosts;
  layered = removeAttrs layered [ "k7" ];
  keys = map (e: e.key) counter;
  hash = cached "x" + cached v.name;
  outs = map (m: m.out) modules;
  inherit (attempt) success;
  value = if attempt.success then attempt.value else v.nothing;
  applied = map apply v.numbers ++ map (v.function { }) [ 1 2 ];
  sorted = builtins.sort builtins.lessThan v.numbers;
  inherit strict rest data static;
  isList = builtins.isList v.empty;
  type = map builtins.typeOf [ v.number v.nothing v.half v.name v.on ];
  copied = "${./data/one} ${v.file}";
  stored = builtins.toFile "x" "${v.text} ${v.name}";
  drv = (derivation { name = v.name; system = "x"; builder = "b"; args = v.names;src = ./data/two; }).drvPath;
  compare = v.names == [ "a" "b" ];
  has = builtins.elem v.number v.numbers;
  inter = builtins.attrNames (builtins.intersectAttrs config.hosts { a = 1; z = 2; });
  mapped = builtins.mapAttrs (n: h: "${n}:${toString h.id}") config.hosts;
  grouped = builtins.groupBy (x: if x > v.number then "more" else "less") v.numbers;
  kept = builtins.filter (x: v.other > x && v.nothing == null) [ 1 2 3 4 5 ];
  some = builtins.any (name: name == v.name) v.names;
  every = builtins.all (x: v.number > x) v.numbers;
  parts = builtins.partition (x: x < v.number) [ 1 4 6 ];
  asserted = assert builtins.length v.names < 4; v.number;
  chain = let go = x: if x > v.other then [ ] else [ x ] ++ go (x + 1); in go 0;
}
"#;

struct Tree(BTreeMap<Vec<u8>, Vec<u8>>);

impl Tree {
    fn new() -> Self {
        let files = [
            ("values.nix", VALUES),
            ("program.nix", PROGRAM),
            ("data/one", "first"),
            ("data/two", "second"),
        ];
        let files = files.map(|(at, text)| (at.as_bytes().to_vec(), text.as_bytes().to_vec()));
        Self(files.into())
    }

    fn world(&self) -> Memory {
        let files = self.0.iter();
        Memory {
            files: files
                .map(|(at, text)| ([b"/tree/", &at[..]].concat(), text.clone()))
                .collect(),
            ..Memory::default()
        }
    }

    fn evaluator(&self) -> Evaluator {
        self.evaluator_with(&[])
    }

    /// The same with strings that are hardly ever edited.
    fn evaluator_with(&self, steady: &[&[u8]]) -> Evaluator {
        let mut evaluator = Evaluator::new(Settings::default(), Box::new(self.world())).unwrap();
        evaluator.start_on_this_stack();
        evaluator.allow_edits(
            b"/tree",
            b"/tree",
            [(b"values.nix".to_vec(), VALUES.into())],
            steady.iter().map(|text| text.to_vec()),
        );
        evaluator
    }
}

fn answer(evaluator: &mut Evaluator) -> Result<String, String> {
    let result = evaluator
        .import_file(b"/tree/program.nix")
        .and_then(|value| {
            let (mut text, mut context) = (Vec::new(), ContextId::EMPTY);
            print::json::write(evaluator, value, true, &mut text, &mut context)?;
            Ok(text)
        });
    match result {
        Ok(text) => Ok(String::from_utf8_lossy(&text).into_owned()),
        Err(raised) => Err(evaluator.take_error(raised).message),
    }
}

pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }
}

/// Edits of literals alone: what stands there, and what may stand there.
pub(crate) const CHOICES: [(&str, &[&str]); 11] = [
    ("number", &["3", "5", "7", "268435456000"]),
    ("other", &["4", "1", "30"]),
    ("half", &["0.5", "2.25", "10.5e3"]),
    ("on", &["true", "false"]),
    ("off", &["false", "true"]),
    (
        "name",
        &["\"web1\"", "\"db\"", "\"\"", "\"a-much-longer-name\""],
    ),
    ("title", &["''\n    two\n    lines\n  ''", "\"one\""]),
    (
        "names",
        &[
            "[ \"a\" \"b\" \"c\" ]",
            "[ \"a\" \"b\" ]",
            "[ ]",
            "[ \"z\" ]",
        ],
    ),
    ("numbers", &["[ 3 1 2 ]", "[ 9 3 ]", "[ 1 1 1 1 1 ]"]),
    ("nothing", &["null", "1", "\"text\""]),
    ("empty", &["[ ]", "\"no list\"", "[ [ ] ]"]),
];

pub(crate) fn values(chosen: &[usize]) -> String {
    let mut text = VALUES.to_owned();
    for ((name, choices), &choice) in CHOICES.iter().zip(chosen) {
        let line = format!("  {name} = {};", choices[0]);
        assert!(text.contains(&line), "{line}");
        text = text.replace(&line, &format!("  {name} = {};", choices[choice]));
    }
    text
}

#[test]
fn what_is_hardly_ever_edited_is_evaluated_anew() {
    let work = || {
        let mut tree = Tree::new();
        let mut evaluator = tree.evaluator_with(&[b"web1"]);
        answer(&mut evaluator).unwrap();
        for (choices, is_edit) in [("name = \"web1\"", true), ("name = \"db\"", false)] {
            let text = VALUES
                .replace("number = 3", "number = 5")
                .replace("name = \"web1\"", choices);
            tree.0.insert(b"values.nix".to_vec(), text.clone().into());
            evaluator.world = Box::new(tree.world());
            let edit = evaluator.edit(&[(b"values.nix", text.as_bytes())]);
            assert_eq!(edit, is_edit, "{choices}");
        }
    };
    with_stack(work).unwrap().unwrap();
}

#[test]
fn after_every_edit_the_answer_is_that_of_a_new_evaluation() {
    let work = || {
        let mut numbers = Numbers(0xed17);
        let mut tree = Tree::new();
        let mut chosen = [0; CHOICES.len()];
        let mut evaluator = tree.evaluator();
        let first = answer(&mut evaluator);
        assert_eq!(first, answer(&mut tree.evaluator()));
        assert!(first.is_ok(), "{first:?}");
        let mut again = 0;
        let mut anew = 0;
        for edit in 0..600 {
            let mut changed: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
            if numbers.below(4) == 0 {
                let at: &[u8] = [b"data/one".as_slice(), b"data/two"][numbers.below(2)];
                let text = format!("data {}", numbers.below(4)).into_bytes();
                changed.push((at.to_vec(), text));
            }
            for _ in 0..numbers.below(3) {
                let which = numbers.below(CHOICES.len());
                chosen[which] = numbers.below(CHOICES[which].1.len());
                changed.push((b"values.nix".to_vec(), values(&chosen).into_bytes()));
            }
            for (at, text) in &changed {
                tree.0.insert(at.clone(), text.clone());
            }
            let edits: Vec<(&[u8], &[u8])> = changed
                .iter()
                .map(|(at, text)| (&at[..], &text[..]))
                .collect();
            evaluator.world = Box::new(tree.world());
            assert!(evaluator.edit(&edits), "edit {edit} {chosen:?}");
            let before = evaluator.stats.forced;
            let found = answer(&mut evaluator);
            again += evaluator.stats.forced - before;
            let mut fresh = tree.evaluator();
            assert_eq!(found, answer(&mut fresh), "edit {edit}");
            anew += fresh.stats.forced;
        }
        // Otherwise nothing was kept.
        assert!(again * 2 < anew, "{again} of {anew}");
    };
    with_stack(work).unwrap().unwrap();
}

#[test]
fn a_question_that_is_answered_as_before_keeps_an_edit_from_spreading() {
    let questions = [
        (
            "a thunk",
            "let yes = v.number > 2; in if yes then big else [ ]",
        ),
        ("a condition", "if v.number > 2 then big else [ ]"),
        ("an assertion", "assert v.number > 2; big"),
        ("a filter", "builtins.filter (_: v.number > 2) big"),
        (
            "any",
            "if builtins.any (_: v.number > 2) big then big else [ ]",
        ),
        (
            "all",
            "if builtins.all (_: v.number > 2) [ 1 ] then big else [ ]",
        ),
        (
            "a partition",
            "(builtins.partition (_: v.number > 2) big).right",
        ),
    ];
    let work = || {
        for (what, question) in questions {
            let mut tree = Tree::new();
            let program = format!(
                "let v = import ./values.nix; big = builtins.genList (x: x) 200; \
                 out = builtins.foldl' (sum: x: sum + x) 0 (map (x: x + 0) ({question})); in [ out v.number ]"
            );
            tree.0.insert(b"program.nix".to_vec(), program.into());
            let mut evaluator = tree.evaluator();
            assert_eq!(answer(&mut evaluator).unwrap(), "[19900,3]", "{what}");
            let mut forced = Vec::new();
            for (number, expected) in [
                ("4", Ok("[19900,4]")),
                ("1", Err(())),
                ("9", Ok("[19900,9]")),
            ] {
                let text = VALUES.replace("number = 3", &format!("number = {number}"));
                tree.0.insert(b"values.nix".to_vec(), text.clone().into());
                assert!(
                    evaluator.edit(&[(b"values.nix", text.as_bytes())]),
                    "{what}"
                );
                let before = evaluator.stats.forced;
                let found = answer(&mut evaluator);
                forced.push(evaluator.stats.forced - before);
                assert_eq!(found, answer(&mut tree.evaluator()), "{what} {number}");
                if let Ok(expected) = expected {
                    assert_eq!(found.as_deref(), Ok(expected), "{what} {number}");
                }
            }
            assert!(forced[0] < 10, "{what}: {forced:?}");
        }
    };
    with_stack(work).unwrap().unwrap();
}

#[test]
fn what_was_decided_for_what_is_evaluated_again_is_forgotten() {
    let work = || {
        let mut tree = Tree::new();
        let program = "let v = import ./values.nix; one = x: if x > v.number then x else v.number; \
                       failing = x: builtins.tryEval (assert x < v.number; x); \
                       in map one (builtins.genList (x: x) 50) ++ map failing [ 1 4 9 ]";
        tree.0.insert(b"program.nix".to_vec(), program.into());
        let mut evaluator = tree.evaluator();
        answer(&mut evaluator).unwrap();
        let first = evaluator.taint.decisions.count();
        assert!(first >= 50, "{first}");
        for number in 0..100 {
            let text = VALUES.replace("number = 3", &format!("number = {}", number % 13));
            tree.0.insert(b"values.nix".to_vec(), text.clone().into());
            assert!(evaluator.edit(&[(b"values.nix", text.as_bytes())]));
            assert_eq!(
                answer(&mut evaluator),
                answer(&mut tree.evaluator()),
                "{number}"
            );
        }
        let last = evaluator.taint.decisions.count();
        assert!(last <= first, "{first} became {last}");
    };
    with_stack(work).unwrap().unwrap();
}

#[test]
fn other_edits_are_refused() {
    let edits = [
        (
            "an attribute more",
            "values.nix",
            VALUES.replace("on = true;", "on = true; more = 1;"),
        ),
        ("one less", "values.nix", VALUES.replace("on = true;", "")),
        (
            "another name",
            "values.nix",
            VALUES.replace("on =", "onn ="),
        ),
        (
            "an order",
            "values.nix",
            VALUES.replace("number = 3;\n  other = 4;", "other = 4;\n  number = 3;"),
        ),
        (
            "an expression",
            "values.nix",
            VALUES.replace("number = 3;", "number = 1 + 2;"),
        ),
        (
            "part of a text",
            "values.nix",
            VALUES.replace("name is ", "the name is "),
        ),
        (
            "a path",
            "values.nix",
            VALUES.replace("./data/one", "./data/two"),
        ),
        ("no expression", "values.nix", "{".to_owned()),
        (
            "true by another name",
            "values.nix",
            format!("let true = false; in {VALUES}"),
        ),
        ("code", "program.nix", format!("# more\n{PROGRAM}")),
    ];
    let work = || {
        for (what, at, text) in &edits {
            let tree = Tree::new();
            let mut evaluator = tree.evaluator();
            answer(&mut evaluator).unwrap();
            assert_ne!(text, VALUES, "{what}");
            assert!(
                !evaluator.edit(&[(at.as_bytes(), text.as_bytes())]),
                "{what}"
            );
        }
    };
    with_stack(work).unwrap().unwrap();
}

#[test]
fn places_that_were_told_do_not_move() {
    let work = || {
        let mut tree = Tree::new();
        let text = "(builtins.unsafeGetAttrPos \"names\" (import ./values.nix)).line";
        tree.0.insert(b"program.nix".to_vec(), text.into());
        let mut evaluator = tree.evaluator();
        answer(&mut evaluator).unwrap();
        let edited = VALUES.replace("number = 3", "number = 4");
        assert!(!evaluator.edit(&[(b"values.nix", edited.as_bytes())]));
    };
    with_stack(work).unwrap().unwrap();
}

#[test]
fn what_nobody_read_is_of_no_account() {
    let work = || {
        let tree = Tree::new();
        let mut evaluator = tree.evaluator();
        let before = answer(&mut evaluator);
        assert!(evaluator.edit(&[(b"README.md", b"text")]));
        assert_eq!(answer(&mut evaluator), before);
    };
    with_stack(work).unwrap().unwrap();
}
