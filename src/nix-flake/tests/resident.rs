//! Evaluations that stay: whatever is edited, their answers are those of new ones.

mod common;

use std::collections::BTreeMap;
use std::sync::Arc;

use nix_flake::Cache;
use nix_flake::record::Records;
use nix_flake::resident::Residents;
use nix_flake::session::{Opened, Options, Source};
use nix_store::nar::MemoryTree;

use common::{Numbers, file, output};

const FLAKE: &str = r"{
  outputs = { self }: {
    answer = builtins.toJSON (import ./program.nix);
    seen = self.narHash + builtins.toJSON (import ./program.nix);
  };
}
";

const PROGRAM: &str = r#"
let
  values = import ./values.nix;
  hosts = builtins.mapAttrs (name: host: host // { inherit name; sum = builtins.foldl' (a: b: a + b) host.base host.list; }) values.hosts;
  on = builtins.filter (name: hosts.${name}.on) (builtins.attrNames hosts);
in {
  inherit on;
  sums = map (name: hosts.${name}.sum) on;
  text = builtins.readFile ./data/text;
  parsed = builtins.fromJSON (builtins.readFile ./data/values.json);
  folder = "${./data}";
  filtered = builtins.path { path = ./data; name = "x"; filter = path: _: baseNameOf path != "text"; };
  file = "${./data/text}";
  names = builtins.attrNames (builtins.readDir ./data);
  missing = builtins.pathExists ./data/more;
  more = if builtins.pathExists ./data/more then builtins.readFile ./data/more else "none";
  drv = (derivation { name = "x"; system = "x"; builder = "b"; title = values.title; src = ./data; }).drvPath;
  place = toString (values.number < 10) + toString ./data == toString (values.number < 10) + toString ./data;
  attempt = builtins.tryEval (if values.number > 100 then throw "large" else values.number);
}
"#;

fn values(choices: [usize; 5]) -> String {
    let pick = |which: usize, from: &[&'static str]| from[choices[which] % from.len()];
    format!(
        "{{\n  number = {};\n  title = {};\n  hosts = {{\n    a = {{ on = {}; base = 1; list = {}; }};\n    b = {{ on = true; base = {}; list = [ ]; }};\n  }};\n}}\n",
        pick(0, &["1", "20", "300"]),
        pick(1, &["\"one\"", "\"two\"", "''three''"]),
        pick(2, &["true", "false"]),
        pick(3, &["[ ]", "[ 1 ]", "[ 1 2 3 ]"]),
        pick(4, &["5", "6"]),
    )
}

struct Place {
    folder: tempfile::TempDir,
    files: BTreeMap<&'static str, String>,
    data: BTreeMap<&'static str, String>,
}

impl Place {
    fn new() -> Self {
        let owned = |(name, text): (&'static str, &str)| (name, text.to_owned());
        Self {
            folder: tempfile::tempdir().unwrap(),
            files: [
                ("flake.nix", FLAKE),
                ("program.nix", PROGRAM),
                ("values.nix", &*values([0; 5])),
            ]
            .map(owned)
            .into(),
            data: [("text", "text"), ("values.json", "[1]")].map(owned).into(),
        }
    }

    fn tree(&self) -> Arc<MemoryTree> {
        let folder = |files: &BTreeMap<&'static str, String>| {
            let files = files.iter();
            files
                .map(|(name, text)| (name.as_bytes().to_vec(), file(text)))
                .collect::<BTreeMap<_, _>>()
        };
        let mut entries = folder(&self.files);
        entries.insert(b"data".to_vec(), MemoryTree::Directory(folder(&self.data)));
        Arc::new(MemoryTree::Directory(entries))
    }

    fn open(&self) -> (Opened, Options) {
        let options = Options::default();
        let cache = Cache::at(self.folder.path().join("cache"));
        let source = Source::Memory(self.tree());
        let opened = Opened::with_cache(&source, &options.lock, cache).unwrap();
        (opened, options)
    }

    /// The answer of those that stay, and that of a new evaluation.
    fn ask(
        &self,
        residents: &Residents<String>,
        name: &'static str,
    ) -> (Result<String, String>, Result<String, String>) {
        let (opened, options) = self.open();
        residents.follow(&self.tree());
        let answer = opened.ask_resident(
            residents,
            &options,
            Records::Use,
            "",
            &[name],
            move |evaluator, flake| output(evaluator, flake, name),
        );
        let fresh = opened.evaluate(&options, |evaluator, flake| output(evaluator, flake, name));
        (
            answer
                .map(|answer| answer.value)
                .map_err(|error| error.to_string()),
            fresh.map_err(|error| error.to_string()),
        )
    }
}

#[test]
fn after_every_edit_the_answer_is_that_of_a_new_evaluation() {
    let mut numbers = Numbers(0x1ed17);
    let mut place = Place::new();
    let residents = Residents::new(1 << 30);
    let mut chosen = [0; 5];
    let mut different = std::collections::BTreeSet::new();
    for edit in 0..400 {
        match numbers.below(10) {
            0 => {
                place
                    .data
                    .insert("text", format!("text {}", numbers.below(3)));
            }
            1 => {
                place
                    .data
                    .insert("values.json", format!("[{}]", numbers.below(3)));
            }
            // What follows is no edit of literals or data.
            2 if numbers.below(2) == 0 => {
                place.data.insert("more", numbers.below(3).to_string());
            }
            2 => {
                place.data.remove("more");
            }
            3 if numbers.below(3) == 0 => {
                let text = format!("# {}\n{PROGRAM}", numbers.below(3));
                place.files.insert("program.nix", text);
            }
            4 => {
                place.files.insert("unread", numbers.below(3).to_string());
            }
            _ => {
                chosen[numbers.below(5)] = numbers.below(6);
                place.files.insert("values.nix", values(chosen));
            }
        }
        let (answer, fresh) = place.ask(&residents, "answer");
        assert_eq!(answer, fresh, "edit {edit}");
        different.insert(format!("{answer:?}"));
    }
    assert!(different.len() > 50, "{}", different.len());
    assert!(residents.edits() > 60, "{}", residents.edits());
}

#[test]
fn what_sees_the_path_of_the_tree_does_not_stay() {
    let mut place = Place::new();
    let residents = Residents::new(1 << 30);
    for edit in 0..6 {
        place.files.insert("values.nix", values([edit; 5]));
        let (answer, fresh) = place.ask(&residents, "seen");
        assert_eq!(answer, fresh, "edit {edit}");
    }
    assert_eq!(residents.edits(), 0);
}

#[test]
fn failures_are_those_of_a_new_evaluation() {
    let mut place = Place::new();
    let residents = Residents::new(1 << 30);
    for text in [
        values([0; 5]),
        values([1; 5]),
        values([2; 5]),
        values([0; 5]).replace("[ ]", "[ \"no number\" ]"),
        values([1; 5]),
        "{".to_owned(),
        values([2; 5]),
    ] {
        place.files.insert("values.nix", text.clone());
        let (answer, fresh) = place.ask(&residents, "answer");
        assert_eq!(answer, fresh, "{text}");
    }
}

#[test]
fn without_room_none_stays() {
    let mut place = Place::new();
    let residents = Residents::new(0);
    for edit in 0..4 {
        place.files.insert("values.nix", values([edit; 5]));
        let (answer, fresh) = place.ask(&residents, "answer");
        assert_eq!(answer, fresh);
    }
    assert_eq!(residents.edits(), 0);
}
