//! Evaluations that hibernate in the cache: whatever is edited, and whatever happens to their files, answers are
//! those of new ones.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, sleep};
use std::time::Duration;

use nix_flake::record::Records;
use nix_flake::resident::Edits;
use nix_flake::session::{Opened, Options, Source};
use nix_flake::{Cache, FlakeRef, ParseOptions};
use nix_store::nar::MemoryTree;

use common::{Numbers, file, output};

/// A nixpkgs with all that matters here: more packages than are made faster than saved.
const NIXPKGS: [(&str, &str); 3] = [
    (
        "pkgs/top-level/default.nix",
        r#"
        { localSystem, config ? { }, overlays ? [ ], ... }:
        let
          package = n: derivation {
            name = "package-${toString n}";
            system = localSystem;
            builder = import ./builder.nix;
          };
        in
        builtins.listToAttrs (builtins.genList (n: {
          name = "package${toString n}";
          value = package n // { override = package; };
        }) 40)
        "#,
    ),
    ("pkgs/top-level/builder.nix", "\"/bin/sh\""),
    (
        "modules/service.nix",
        "{ name, domains }: { inherit name; count = builtins.length domains; }",
    ),
];

const FLAKE: &str = r#"{
  inputs.nixpkgs = { url = "path:/nowhere"; flake = false; };
  outputs = { self, nixpkgs }: {
    answer = builtins.toJSON (import ./program.nix nixpkgs);
    seen = self.narHash + builtins.toJSON (import ./program.nix nixpkgs);
  };
}
"#;

const PROGRAM: &str = r#"
nixpkgs:
let
  pkgs = import "${nixpkgs}/pkgs/top-level/default.nix" { localSystem = host.system; };
  host = import ./hosts/one.nix;
  approves = host.domains != [ ] && host.days > 10;
  services = builtins.listToAttrs (map (name: {
    inherit name;
    value = import "${nixpkgs}/modules/service.nix" { inherit name; inherit (host) domains; };
  }) (host.names ++ (if approves then [ "approve" ] else [ ])));
in {
  inherit services;
  packages = map (n: pkgs."package${toString n}".drvPath) (builtins.genList (n: n) 30);
  own = (pkgs.package1.override host.days).drvPath;
  file = builtins.readFile ./hosts/policy.json;
  copied = "${./hosts/policy.json}";
  more = if builtins.pathExists ./hosts/more then "more" else "none";
  drv = (derivation { name = "x"; inherit (host) system; builder = "b"; inherit (host) domains; }).drvPath;
}
"#;

fn host(choices: [usize; 4]) -> String {
    let pick = |which: usize, from: &[&'static str]| from[choices[which] % from.len()];
    format!(
        "{{\n  system = {};\n  domains = {};\n  days = {};\n  names = {};\n}}\n",
        pick(0, &["\"x86_64-linux\"", "\"x86_64-linux\"", "\"other\""]),
        pick(
            1,
            &["[ \"a\" ]", "[ ]", "[ \"a\" \"b\" ]", "[ \"c\" \"d\" ]"]
        ),
        pick(2, &["1", "20", "30", "31"]),
        pick(3, &["[ \"web\" ]", "[ \"web\" \"mail\" ]"]),
    )
}

struct Place {
    folder: tempfile::TempDir,
    hosts: BTreeMap<&'static str, String>,
    program: String,
    /// How often an evaluation woke up.
    woken: AtomicUsize,
    /// How often one began with values that had been saved.
    over_values: AtomicUsize,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (at, text) in NIXPKGS {
            let at = folder.path().join("nixpkgs").join(at);
            fs::create_dir_all(at.parent().unwrap()).unwrap();
            fs::write(at, text).unwrap();
        }
        // What was just written may be written again without a trace, and nothing is saved of it. Times of files
        // are looked at in whole seconds: more than three of them.
        sleep(Duration::from_millis(4100));
        let files = [("one.nix", host([0; 4])), ("policy.json", "[]".to_owned())];
        Self {
            folder,
            hosts: files.into(),
            program: PROGRAM.to_owned(),
            woken: AtomicUsize::new(0),
            over_values: AtomicUsize::new(0),
        }
    }

    fn open(&self, cache: &str) -> (Opened, Options) {
        let hosts = self.hosts.iter();
        let hosts = hosts.map(|(name, text)| (name.as_bytes().to_vec(), file(text)));
        let tree = MemoryTree::Directory(BTreeMap::from([
            (b"flake.nix".to_vec(), file(FLAKE)),
            (b"program.nix".to_vec(), file(&self.program)),
            (b"hosts".to_vec(), MemoryTree::Directory(hosts.collect())),
        ]));
        let mut options = Options::default();
        let nixpkgs = format!("path:{}/nixpkgs", self.folder.path().display());
        options.replace(
            &["nixpkgs"],
            FlakeRef::parse(&nixpkgs, ParseOptions::default()).unwrap(),
        );
        let cache = Cache::at(self.folder.path().join(cache));
        let source = Source::Memory(Arc::new(tree));
        let opened = Opened::with_cache(&source, &options.lock, cache).unwrap();
        (opened, options)
    }

    /// The answer where evaluations hibernate.
    fn ask(&self, name: &'static str) -> Result<String, String> {
        let (opened, options) = self.open("cache");
        let answer = self.ask_of(&opened, &options, name, "");
        opened.finish();
        answer
    }

    /// The answers to as many questions side by side.
    fn ask_many(&self, count: usize, name: &'static str) -> Vec<Result<String, String>> {
        let (opened, options) = self.open("cache");
        for number in 0..count {
            let question = [name, &number.to_string()];
            opened.announce(&options, Records::Use, "", &question);
        }
        let answers = thread::scope(|scope| {
            let (opened, options) = (&opened, &options);
            let ask = |number: usize| self.ask_of(opened, options, name, &number.to_string());
            let asked: Vec<_> = (0..count)
                .map(|number| scope.spawn(move || ask(number)))
                .collect();
            asked
                .into_iter()
                .map(|asked| asked.join().unwrap())
                .collect()
        });
        opened.finish();
        answers
    }

    fn ask_of(
        &self,
        opened: &Opened,
        options: &Options,
        name: &'static str,
        number: &str,
    ) -> Result<String, String> {
        let edits = Edits {
            places: vec!["hosts".to_owned()],
            steady: vec![b"x86_64-linux".to_vec()],
        };
        let answer = opened.ask_lasting(
            &edits,
            options,
            Records::Use,
            "",
            &[name, number],
            |evaluator, flake| {
                if evaluator.was_awoken() {
                    self.woken.fetch_add(1, Ordering::Relaxed);
                } else if evaluator.has_values() {
                    self.over_values.fetch_add(1, Ordering::Relaxed);
                }
                output(evaluator, flake, name)
            },
        );
        answer
            .map(|answer| answer.value)
            .map_err(|error| error.to_string())
    }

    /// The answer of an evaluation that uses nothing of what was before.
    fn fresh(&self, name: &'static str) -> Result<String, String> {
        let (opened, mut options) = self.open("none");
        options.share = false;
        opened
            .evaluate(&options, |evaluator, flake| output(evaluator, flake, name))
            .map_err(|error| error.to_string())
    }

    /// The files of a part of the cache.
    fn files(&self, part: &str) -> Vec<PathBuf> {
        let Ok(found) = fs::read_dir(self.folder.path().join("cache").join(part)) else {
            return Vec::new();
        };
        let found = found.map(|entry| entry.unwrap().path());
        found.filter(|path| path.extension().is_none()).collect()
    }

    /// Has an evaluation hibernate: the first one does whole and saves values, the second one hibernates over them.
    fn settle(&mut self, kind: Kind) -> PathBuf {
        let answers = match kind {
            Kind::Whole => 1,
            Kind::OverValues => 2,
        };
        for turn in 0..answers {
            for file in self.files("evaluations") {
                fs::remove_file(file).unwrap();
            }
            let text = host([0; 4]).replace("days = 1;", &format!("days = {};", 100 + turn));
            self.hosts.insert("one.nix", text);
            assert_eq!(self.ask("answer"), self.fresh("answer"));
        }
        assert_eq!(self.files("values").len(), 1);
        let [file] = &self.files("evaluations")[..] else {
            panic!("it does not hibernate");
        };
        file.clone()
    }
}

/// How an evaluation hibernates.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Whole,
    OverValues,
}

const KINDS: [Kind; 2] = [Kind::Whole, Kind::OverValues];

#[test]
fn the_first_evaluation_hibernates_and_the_first_edit_wakes_it() {
    let mut place = Place::new();
    place.settle(Kind::Whole);
    assert_eq!(place.woken.load(Ordering::Relaxed), 0);
    place.hosts.insert("one.nix", host([0, 2, 1, 0]));
    assert_eq!(place.ask("answer"), place.fresh("answer"));
    assert_eq!(place.woken.into_inner(), 1);
}

#[test]
fn of_many_two_go_first_and_all_others_hibernate_over_their_values() {
    const COUNT: usize = 6;
    let mut place = Place::new();
    let expected = vec![place.fresh("answer"); COUNT];
    assert_eq!(place.ask_many(COUNT, "answer"), expected);
    assert_eq!(place.woken.load(Ordering::Relaxed), 0);
    assert_eq!(place.files("values").len(), 1);
    assert_eq!(place.over_values.load(Ordering::Relaxed), COUNT - 2);
    assert_eq!(place.files("evaluations").len(), COUNT);
    place.hosts.insert("one.nix", host([0, 2, 1, 0]));
    let expected = vec![place.fresh("answer"); COUNT];
    assert_eq!(place.ask_many(COUNT, "answer"), expected);
    assert_eq!(place.woken.into_inner(), COUNT);
}

#[test]
fn after_what_is_no_edit_evaluations_hibernate_over_values() {
    let mut place = Place::new();
    let file = place.settle(Kind::Whole);
    let whole = fs::read(&file).unwrap();
    let values = fs::read(&place.files("values")[0]).unwrap();
    place.hosts.insert("more", String::new());
    assert_eq!(place.ask("answer"), place.fresh("answer"));
    assert!(fs::read(&file).unwrap() != whole);
    assert_eq!(place.woken.load(Ordering::Relaxed), 0);
    place.hosts.insert("one.nix", host([0, 2, 1, 0]));
    assert_eq!(place.ask("answer"), place.fresh("answer"));
    assert_eq!(place.woken.load(Ordering::Relaxed), 1);
    assert!(fs::read(&place.files("values")[0]).unwrap() == values);
}

#[test]
fn after_every_edit_the_answer_is_that_of_a_new_evaluation() {
    let mut numbers = Numbers(0xb3a2);
    let mut place = Place::new();
    place.settle(Kind::OverValues);
    let mut chosen = [0; 4];
    let mut different = BTreeSet::new();
    for edit in 0..150 {
        match numbers.below(10) {
            0 | 1 => {
                place
                    .hosts
                    .insert("policy.json", format!("[{}]", numbers.below(50)));
            }
            // What follows is no edit of literals or data.
            2 if numbers.below(2) == 0 => {
                place.hosts.insert("more", numbers.below(3).to_string());
            }
            2 => {
                place.hosts.remove("more");
            }
            3 if numbers.below(3) == 0 => {
                place.program = format!("# {}\n{PROGRAM}", numbers.below(3));
            }
            _ => {
                chosen[numbers.below(4)] = numbers.below(8);
                place.hosts.insert("one.nix", host(chosen));
            }
        }
        let answer = place.ask("answer");
        assert_eq!(answer, place.fresh("answer"), "edit {edit}");
        different.insert(format!("{answer:?}"));
    }
    assert!(different.len() > 50, "{}", different.len());
    let woken = place.woken.into_inner();
    assert!(woken > 30, "{woken}");
}

#[test]
fn a_file_that_is_not_as_it_was_written_is_made_anew() {
    KINDS.into_iter().for_each(damages);
}

fn damages(kind: Kind) {
    let mut place = Place::new();
    let file = place.settle(kind);
    let whole = fs::read(&file).unwrap();
    let stamp = file.with_extension("stamp");
    let mut turn = 100;
    let mut ask = |bytes: Option<&[u8]>| {
        turn += 1;
        match bytes {
            Some(bytes) => fs::write(&file, bytes).unwrap(),
            None => fs::remove_file(&file).unwrap(),
        }
        let days =
            format!("{{ system = \"x86_64-linux\"; domains = [ ]; days = {turn}; names = [ ]; }}");
        place.hosts.insert("one.nix", days);
        let before = place.woken.load(Ordering::Relaxed);
        assert_eq!(place.ask("answer"), place.fresh("answer"), "turn {turn}");
        place.woken.load(Ordering::Relaxed) > before
    };
    for at in [0, 9, 50, 200, whole.len() / 2, whole.len() - 1] {
        let mut bytes = whole.clone();
        bytes[at] ^= 4;
        assert!(!ask(Some(&bytes)), "byte {at}");
    }
    for length in [0, 100, whole.len() / 2, whole.len() - 1] {
        assert!(!ask(Some(&whole[..length])), "{length} bytes");
    }
    assert!(!ask(None));
    // Without what says that it was looked at, it is looked at.
    fs::remove_file(stamp).unwrap();
    let own = fs::read(&file).unwrap();
    assert!(ask(Some(&own)));
}

#[test]
fn what_changed_around_it_is_noticed() {
    KINDS.into_iter().for_each(changes_around);
}

fn changes_around(kind: Kind) {
    let mut place = Place::new();
    place.settle(kind);
    let builder = place
        .folder
        .path()
        .join("nixpkgs/pkgs/top-level/builder.nix");
    let service = place.folder.path().join("nixpkgs/modules/service.nix");
    for (turn, (at, text)) in [
        (&service, "{ name, domains }: { inherit name domains; }"),
        (&builder, "\"/bin/other\""),
        (&builder, "throw \"gone\""),
        (&builder, "\"/bin/sh\""),
    ]
    .into_iter()
    .enumerate()
    {
        fs::write(at, text).unwrap();
        for edit in 0..3 {
            place
                .hosts
                .insert("one.nix", host([0, turn, edit + 1, edit]));
            assert_eq!(place.ask("answer"), place.fresh("answer"), "{turn} {edit}");
        }
    }
}

#[test]
fn what_sees_the_path_of_the_tree_does_not_hibernate() {
    let mut place = Place::new();
    for edit in 0..6 {
        place.hosts.insert("one.nix", host([0, edit, edit, edit]));
        assert_eq!(place.ask("seen"), place.fresh("seen"), "edit {edit}");
    }
    assert_eq!(place.files("evaluations"), Vec::<PathBuf>::new());
    assert_eq!(place.woken.into_inner(), 0);
}

#[test]
fn failures_are_those_of_a_new_evaluation() {
    let mut place = Place::new();
    place.settle(Kind::Whole);
    for text in [
        host([0, 1, 2, 1]),
        host([0; 4]).replace("[ \"a\" ]", "\"no list\""),
        host([0, 2, 2, 1]),
        "{".to_owned(),
        host([0, 3, 1, 1]).replace("days", "dayz"),
        host([0, 3, 1, 1]),
    ] {
        place.hosts.insert("one.nix", text.clone());
        assert_eq!(place.ask("answer"), place.fresh("answer"), "{text}");
    }
}
