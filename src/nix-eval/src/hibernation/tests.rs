//! An evaluation that hibernated gives what one gives that begins.

use std::collections::BTreeMap;
use std::io;

use nix_store::StorePath;
use proptest::prelude::*;

use super::file::Layout;
use super::{is_whole, notes_of};
use crate::Value;
use crate::eval::edit::tests::{CHOICES, Numbers, PROGRAM, VALUES, values};
use crate::eval::{Evaluator, Settings, with_stack};
use crate::heap::ContextId;
use crate::print;
use crate::shared::tests::{LINUX, answer, many, nixpkgs};
use crate::testing::{Image, Memory};
use crate::world::{LockedFlake, Saved};

/// A map of pages that says of each that it is the process's own.
struct AllOwn;

impl Saved for AllOwn {
    fn read_at(&self, _: u64, buffer: &mut [u8]) -> io::Result<()> {
        buffer.fill(0b1000_0000);
        Ok(())
    }

    fn length(&self) -> u64 {
        u64::MAX
    }
}

/// What of a nixpkgs is saved before: files that were parsed, or values too.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Before {
    Nothing,
    Files,
    Values,
}

use Before::{Files, Nothing, Values};

/// A tree beside a nixpkgs.
struct Place {
    memory: Memory,
    tree: BTreeMap<Vec<u8>, Vec<u8>>,
}

/// The program of edits, with packages: some that were saved with the values, and one that depends on what
/// may be edited.
fn program() -> String {
    format!(
        r#"
        let
          values = import ./values.nix;
          pkgs = import /n/pkgs/top-level/default.nix {LINUX};
          known = map (n: pkgs."package${{toString n}}".drvPath) (pkgs.lib.range 1 3);
          enable = builtins.length values.names > 1;
          services = (if enable then {{ many = known; }} else {{ }})
            // {{ own = (pkgs.package1.override values.number).drvPath; }};
        in
        {{
          inherit services;
          names = builtins.attrNames services;
          new = pkgs.inner.deep.drvPath;
          program = {PROGRAM};
        }}
        "#
    )
}

impl Place {
    fn new(before: Before) -> Self {
        let mut memory = nixpkgs();
        match before {
            Nothing => {}
            Files => save_files(&mut memory),
            Values => {
                answer(&memory, &many(LINUX));
            }
        }
        let files = [
            ("values.nix", VALUES.to_owned()),
            ("program.nix", program()),
            ("data/one", "first".to_owned()),
            ("data/two", "second".to_owned()),
        ];
        let files = files.map(|(at, text)| (at.as_bytes().to_vec(), text.into_bytes()));
        Self {
            memory,
            tree: files.into(),
        }
    }

    fn world(&self) -> Memory {
        let mut world = self.memory.clone();
        for (at, text) in &self.tree {
            let path = [b"/tree/", &at[..]].concat();
            world.files.insert(path, text.clone());
        }
        world
    }

    /// An evaluator that uses what was saved.
    fn evaluator(&self) -> Evaluator {
        let mut evaluator = self.unused();
        evaluator.share_calls("");
        assert!(evaluator.can_hibernate());
        evaluator
    }

    /// An evaluator that may wake an evaluation.
    fn waking(&self, bytes: &[u8]) -> Evaluator {
        let mut evaluator = self.unused();
        if is_whole(&Image(bytes.to_vec())) {
            evaluator.share_calls_alone("");
        } else {
            evaluator.share_calls("");
        }
        evaluator
    }

    fn unused(&self) -> Evaluator {
        let mut evaluator = Evaluator::new(Settings::default(), Box::new(self.world())).unwrap();
        evaluator.start_on_this_stack();
        evaluator
    }

    /// An evaluation as it hibernates, and its answer.
    fn hibernating(&self) -> (Vec<u8>, Result<String, String>) {
        let mut evaluator = self.evaluator();
        let wanted = (b"values.nix".to_vec(), VALUES.into());
        evaluator.allow_edits(b"/tree", b"/tree", [wanted], []);
        let value = evaluator.import_file(b"/tree/program.nix").unwrap();
        let found = text_of(&mut evaluator, value);
        let mut bytes = Vec::new();
        let save = |parts: &[&[u8]]| {
            bytes = parts.concat();
            Ok(())
        };
        assert!(evaluator.hibernate(value, b"notes", &AllOwn, save).unwrap());
        (bytes, found)
    }

    /// The answer of an evaluation that begins, and uses nothing that was saved.
    fn fresh(&self) -> Result<String, String> {
        let world = Box::new(self.world().fresh());
        let mut evaluator = Evaluator::new(Settings::default(), world).unwrap();
        evaluator.start_on_this_stack();
        match evaluator.import_file(b"/tree/program.nix") {
            Ok(value) => text_of(&mut evaluator, value),
            Err(raised) => Err(evaluator.take_error(raised).message),
        }
    }
}

/// Saves files of a nixpkgs that were parsed.
fn save_files(memory: &mut Memory) {
    let much = "# much\n".repeat(16 << 10);
    let path = b"/n/much.nix".to_vec();
    memory.files.insert(path, format!("1 {much}").into_bytes());
    let mut evaluator = Evaluator::new(Settings::default(), Box::new(memory.clone())).unwrap();
    evaluator.start_on_this_stack();
    evaluator.use_saved_files();
    for file in [&b"/n/much.nix"[..], b"/n/pkgs/top-level/default.nix"] {
        evaluator.import_file(file).unwrap();
    }
    evaluator.take_unsaved().unwrap().save(memory).unwrap();
}

fn text_of(evaluator: &mut Evaluator, value: Value) -> Result<String, String> {
    let (mut text, mut context) = (Vec::new(), ContextId::EMPTY);
    match print::json::write(evaluator, value, true, &mut text, &mut context) {
        Ok(()) => Ok(String::from_utf8_lossy(&text).into_owned()),
        Err(raised) => Err(evaluator.take_error(raised).message),
    }
}

fn wake(evaluator: &mut Evaluator, bytes: &[u8]) -> Option<Value> {
    evaluator.wake(Box::new(Image(bytes.to_vec())), &no_flake())
}

fn no_flake() -> LockedFlake {
    LockedFlake {
        program: b"",
        lock: String::new(),
        trees: Vec::new(),
        dirty_node: None,
        hidden_node: None,
    }
}

/// Files with what they held before, and hold now.
type Changes<'a> = Vec<(&'a [u8], &'a [u8])>;

/// Edits of a tree, one after the other, each made by an evaluation that woke up.
fn edits(before: Before, count: usize) {
    let work = || {
        let mut numbers = Numbers(0x51ee);
        let mut place = Place::new(before);
        let mut chosen = [0; CHOICES.len()];
        let (mut bytes, _) = place.hibernating();
        assert_eq!(
            is_whole(&Image(bytes.clone())),
            before != Values,
            "{before:?}"
        );
        let mut earlier = place.tree.clone();
        let (mut woken, mut forced, mut anew) = (0, 0, 0);
        for edit in 0..count {
            for _ in 0..=numbers.below(2) {
                if numbers.below(4) == 0 {
                    let at: &[u8] = [b"data/one".as_slice(), b"data/two"][numbers.below(2)];
                    let text = format!("data {}", numbers.below(4)).into_bytes();
                    place.tree.insert(at.to_vec(), text);
                }
                let which = numbers.below(CHOICES.len());
                chosen[which] = numbers.below(CHOICES[which].1.len());
            }
            place
                .tree
                .insert(b"values.nix".to_vec(), values(&chosen).into_bytes());
            let mut evaluator = place.waking(&bytes);
            let awake = wake(&mut evaluator, &bytes).unwrap();
            assert_eq!(notes_of(&Image(bytes.clone())).unwrap(), b"notes");
            assert_eq!(evaluator.edited_tree(), b"/tree");
            let changed: Changes<'_> = place
                .tree
                .iter()
                .filter(|(at, text)| earlier[*at] != **text)
                .map(|(at, text)| (&at[..], &text[..]))
                .collect();
            if evaluator.edit(&changed) {
                woken += 1;
                let found = text_of(&mut evaluator, awake);
                assert_eq!(found, place.fresh(), "edit {edit}: {chosen:?}");
                forced += evaluator.stats.forced;
                let mut begun = place.evaluator();
                let value = begun.import_file(b"/tree/program.nix").unwrap();
                assert_eq!(text_of(&mut begun, value), found, "edit {edit}");
                assert_eq!(begun.stats.saved_files > 0, before == Files);
                anew += begun.stats.forced;
            }
            // What hibernates is now and then another tree, one that was edited or one that fails.
            if numbers.below(10) == 0 {
                (bytes, _) = place.hibernating();
                earlier.clone_from(&place.tree);
            }
        }
        assert!(woken > count * 19 / 20, "{woken}");
        // Otherwise nothing was kept.
        assert!(forced * 2 < anew, "{forced} of {anew}");
    };
    with_stack(work).unwrap().unwrap();
}

#[test]
fn after_every_edit_the_answer_is_that_of_a_new_evaluation() {
    edits(Values, 200);
}

#[test]
fn the_same_holds_of_one_that_hibernated_whole() {
    edits(Nothing, 100);
    edits(Files, 100);
}

#[test]
fn derivations_are_those_of_the_evaluation_that_hibernated() {
    let work = |before| {
        let place = Place::new(before);
        let (bytes, _) = place.hibernating();
        let mut evaluator = place.waking(&bytes);
        let known = evaluator.derivations().count();
        let awake = wake(&mut evaluator, &bytes).unwrap();
        let all: BTreeMap<StorePath, Vec<u8>> = evaluator
            .derivations()
            .map(|(path, record)| (path.clone(), record.aterm.to_vec()))
            .collect();
        let mut begun = place.evaluator();
        let value = begun.import_file(b"/tree/program.nix").unwrap();
        text_of(&mut begun, value).unwrap();
        let expected: BTreeMap<StorePath, Vec<u8>> = begun
            .derivations()
            .map(|(path, record)| (path.clone(), record.aterm.to_vec()))
            .collect();
        assert!(all == expected && all.len() > known);
        text_of(&mut evaluator, awake).unwrap();
    };
    for before in [Nothing, Files, Values] {
        with_stack(|| work(before)).unwrap().unwrap();
    }
}

#[test]
fn over_other_values_nothing_wakes() {
    let work = || {
        let place = Place::new(Values);
        let (bytes, _) = place.hibernating();
        let mut other = Place::new(Values);
        let builder = b"/n/pkgs/top-level/builder.nix".to_vec();
        other.memory.files.insert(builder, b"\"/bin/other\"".into());
        for _ in 0..2 {
            answer(&other.memory, &many(LINUX));
        }
        assert!(wake(&mut other.evaluator(), &bytes).is_none());
        let mut without = Evaluator::new(Settings::default(), Box::new(place.world())).unwrap();
        assert!(wake(&mut without, &bytes).is_none());
        assert!(wake(&mut place.evaluator(), &bytes[..bytes.len() / 2]).is_none());
        assert!(wake(&mut place.evaluator(), b"").is_none());
        let (whole, _) = Place::new(Files).hibernating();
        assert!(wake(&mut place.evaluator(), &whole).is_none());
        let mut of_others = place.unused();
        of_others.share_calls_alone("other");
        assert!(wake(&mut of_others, &whole).is_none());
        assert!(wake(&mut place.unused(), &whole).is_none());
        assert!(wake(&mut place.waking(&whole), &whole).is_some());
    };
    with_stack(work).unwrap().unwrap();
}

#[test]
fn what_woke_up_does_not_hibernate_again() {
    let work = |before| {
        let place = Place::new(before);
        let (bytes, _) = place.hibernating();
        let mut evaluator = place.waking(&bytes);
        let awake = wake(&mut evaluator, &bytes).unwrap();
        let save = |_: &[&[u8]]| unreachable!("nothing is to be saved");
        assert!(!evaluator.hibernate(awake, b"", &AllOwn, save).unwrap());
    };
    for before in [Nothing, Files, Values] {
        with_stack(|| work(before)).unwrap().unwrap();
    }
}

proptest! {
    #[test]
    fn no_part_lies_outside_of_the_file(
        numbers in proptest::array::uniform6(0_usize..300_000),
        ends in (0_u32.., 0_u32..),
        length in 0_usize..2_000_000,
    ) {
        let [head, more, data_pages, code_pages, data, code] = numbers;
        let pages = [data_pages % 300, code_pages % 50];
        let page = 4096 << (head % 5);
        let rest = [data & !3, code & !3];
        let layout = Layout::new(([7; 32], data % 2 == 0), [head, more], (page, pages), rest, ends);
        let mut bytes = layout.header();
        bytes.resize(length.max(bytes.len()), 0);
        let read = Layout::read(&Image(bytes.clone()));
        if let Some(read) = read {
            prop_assert_eq!(read, layout);
            let numbers = |count: usize| (0..count as u32).collect();
            let layers = read.layers(pages.map(numbers)).unwrap();
            for layer in layers {
                prop_assert!(layer.rest.offset + layer.rest.length as u64 <= bytes.len() as u64);
                prop_assert!(layer.pages_at + (layer.pages.len() * page) as u64 <= bytes.len() as u64);
            }
        }
    }
}
