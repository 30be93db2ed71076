//! An evaluation that uses what was saved gives what one without gives.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::{Arc, Mutex};

use super::Parsed;
use super::ahead::Help;
use super::beside::{Beside, Claim, Expected, Task};
use super::room::{Ahead, Ready};
use super::save::ParsedFile;
use crate::eval::{Detail, Evaluator, R, Settings, with_stack};
use crate::heap::Value;
use crate::position::{Origin, Position};
use crate::print;
use crate::testing::Memory;
use crate::world::World as _;

/// So much text that it is worth saving.
fn padding() -> String {
    "# padding\n".repeat(8 << 10)
}

impl Memory {
    fn with(files: &[(&str, &str)]) -> Self {
        let mut memory = Self::default();
        for (name, text) in files {
            memory.change(name, text);
        }
        memory
    }

    fn change(&mut self, name: &str, text: &str) {
        let text = format!("{text}\n{}", padding());
        self.files
            .insert(name.as_bytes().to_vec(), text.into_bytes());
    }

    /// What a program gives, or its error for people; and how many files had been saved.
    fn run(&self, program: &str, settings: Settings) -> (String, u64) {
        let mut world = self.clone();
        let (answer, unsaved) = with_stack(|| {
            let mut evaluator = Evaluator::new(settings, Box::new(world.clone())).unwrap();
            evaluator.start_on_this_stack();
            evaluator.use_saved_files();
            let value = evaluator
                .eval_text(program.as_bytes(), Origin::String, b"/")
                .and_then(|value| evaluator.force_deep(value))
                .and_then(|value| print::nix(&mut evaluator, value));
            let text = match value {
                Ok(bytes) => String::from_utf8(bytes).unwrap(),
                Err(raised) => {
                    let error = evaluator.take_error(raised);
                    evaluator.render(&error, Detail::Trace)
                }
            };
            let saved = evaluator.stats.saved_files;
            ((text, saved), evaluator.take_unsaved())
        })
        .unwrap()
        .unwrap();
        if let Some(unsaved) = unsaved {
            unsaved.save(&mut world).unwrap();
        }
        answer
    }

    fn answer(&self, program: &str) -> (String, u64) {
        self.run(program, Settings::default())
    }

    fn has_images(&self) -> bool {
        !self.images.lock().unwrap().is_empty()
    }
}

const ALL: &str = r#"
    { lib ? null, name ? "x" }: rec {
      text = "a ''${name} ${name}" + ''
        line
      '';
      numbers = [ 1 9223372036854775807 1.5 (-3) ];
      path = ./sibling + "/${name}";
      function = { a, b ? a, ... }@all: c: all // { inherit a b c; };
      applied = function { a = 1; extra = { }; } 2;
      inherit (applied) a;
      chosen = with applied; if a == 1 then b else c;
      "quo ted" = { nested.deep.path = true; };
      has = applied ? a.b;
      let' = let inherit (builtins) map; in map (x: x * 2) [ 1 2 ];
      position = builtins.unsafeGetAttrPos "chosen" (import ./all.nix { });
    }
"#;

#[test]
fn a_saved_file_is_as_good_as_a_parsed_one() {
    let memory = Memory::with(&[("/all.nix", ALL)]);
    let program = "removeAttrs (import /all.nix { }) [ \"function\" ]";
    let (cold, saved) = memory.answer(program);
    assert_eq!(saved, 0);
    assert!(cold.contains("line = 11"), "{cold}");
    assert_eq!(memory.answer(program), (cold, 1));
}

#[test]
fn errors_stand_where_they_stood() {
    let files = [
        ("/a.nix", "{ f = x: x + 1; g = { a, b }: a; }"),
        ("/b.nix", "let a = import ./a.nix; in\n  a.f { }"),
        ("/c.nix", "(import ./a.nix).g { z = 1; }"),
    ];
    let memory = Memory::with(&files);
    for program in ["import /b.nix", "import /c.nix"] {
        let (cold, _) = memory.answer(program);
        let (warm, saved) = memory.answer(program);
        assert_eq!(saved, 2);
        assert_eq!(warm, cold);
        assert!(cold.contains("/a.nix:1"), "{cold}");
    }
}

#[test]
fn a_changed_text_is_parsed_again_and_both_are_kept() {
    let mut memory = Memory::with(&[("/a.nix", "1")]);
    let program = "import /a.nix";
    assert_eq!(memory.answer(program), ("1".to_owned(), 0));
    memory.change("/a.nix", "2");
    assert_eq!(memory.answer(program), ("2".to_owned(), 0));
    assert_eq!(memory.answer(program), ("2".to_owned(), 1));
    memory.change("/a.nix", "1");
    assert_eq!(memory.answer(program), ("1".to_owned(), 1));
}

#[test]
fn names_are_gone_through_as_they_appear_in_this_evaluation() {
    // Of two attributes that differ, or fail, the one whose name Nix read first is looked at first.
    let files = [
        ("/early.nix", "{ second = 1; first = 1; }"),
        (
            "/late.nix",
            "{ first = throw \"first\"; second = throw \"second\"; }",
        ),
    ];
    let memory = Memory::with(&files);
    let programs = [
        "builtins.deepSeq (import /early.nix) (import /late.nix)",
        "import /early.nix == import /late.nix",
        "let first = 1; in import /late.nix == import /early.nix",
        "(import /late.nix) == { second = 1; first = 1; }",
        "({ second, first }: 1) { }",
        "builtins.listToAttrs [ { name = \"second\"; } { name = \"first\"; } ]",
    ];
    let cold: Vec<String> = programs
        .iter()
        .map(|p| memory.fresh().answer(p).0)
        .collect();
    assert!(cold[0].contains("second") && cold[2].contains("first"));
    // Whatever was saved before, and in which order.
    memory.answer("[ /late.nix /early.nix (import /late.nix ? a) (import /early.nix ? b) ]");
    assert!(memory.has_images());
    for (program, cold) in programs.iter().zip(cold) {
        assert_eq!(memory.answer(program).0, cold, "{program}");
    }
}

#[test]
fn a_name_shares_the_value_of_one_that_appeared_before_it() {
    let memory = Memory::with(&[
        ("/set.nix", "rec { later = [ 1 ]; sooner = later; }"),
        (
            "/let.nix",
            "let later = [ 1 ]; sooner = later; in [ later sooner ]",
        ),
        ("/call.nix", "{ later, sooner ? later }: [ later sooner ]"),
        ("/names.nix", "{ sooner = later: 0; }"),
    ]);
    let exact = Settings {
        exact_laziness: true,
        ..Settings::default()
    };
    let programs = [
        "import /set.nix",
        "import /let.nix",
        "(import /call.nix) { later = [ 1 ]; }",
    ];
    let mut repeated = 0;
    for first in [
        "",
        "{ sooner = 1; later = 2; } // ",
        "{ later = 1; sooner = 2; } // ",
    ] {
        for program in programs {
            let program = format!("({first} {{ it = {program}; }}).it");
            let cold = memory.fresh().run(&program, exact.clone()).0;
            repeated += usize::from(cold.contains("«repeated»"));
            memory.run("import /names.nix", exact.clone());
            for _ in 0..2 {
                let warm = memory.run(&program, exact.clone()).0;
                assert_eq!(warm, cold, "{program}");
            }
        }
    }
    assert!((1..9).contains(&repeated), "both happen: {repeated}");
}

#[test]
fn other_settings_have_an_image_of_their_own() {
    let memory = Memory::with(&[("/a.nix", "x: x |> builtins.toString")]);
    let pipes = Settings {
        pipe_operators: true,
        ..Settings::default()
    };
    let program = "(import /a.nix) 1";
    assert_eq!(memory.run(program, pipes.clone()).0, "\"1\"");
    assert_eq!(memory.run(program, pipes), ("\"1\"".to_owned(), 1));
    let (without, saved) = memory.answer(program);
    assert!(without.contains("is disabled"), "{without}");
    assert_eq!(saved, 0);
}

#[test]
fn what_does_not_parse_is_not_saved() {
    let memory = Memory::with(&[("/bad.nix", "{ a = ; }"), ("/free.nix", "nobody")]);
    for program in ["import /bad.nix", "import /free.nix"] {
        let cold = memory.answer(program);
        assert_eq!(memory.answer(program), cold);
    }
}

#[test]
fn no_damage_is_believed() {
    let memory = Memory::with(&[("/all.nix", ALL), ("/other.nix", "{ a = [ 1 2 ]; }")]);
    let program = "[ (removeAttrs (import /all.nix { }) [ \"function\" ]) (import /other.nix) ]";
    let cold = memory.answer(program).0;
    let whole = memory.images.lock().unwrap().clone();
    let (name, bytes) = whole.iter().next().unwrap();
    let believed = RefCell::new(0);
    let check = |damaged: Vec<u8>| {
        let images = BTreeMap::from([(name.clone(), damaged)]);
        let memory = Memory {
            files: memory.files.clone(),
            images: Arc::new(Mutex::new(images)),
            ..Memory::default()
        };
        let (answer, saved) = memory.answer(program);
        assert_eq!(answer, cold);
        *believed.borrow_mut() += saved;
    };
    for length in (0..bytes.len()).step_by(41) {
        check(bytes[..length].to_vec());
    }
    assert_eq!(*believed.borrow(), 0, "an image that was cut off");
    for at in (0..bytes.len()).step_by(23) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << (at % 8);
        check(damaged);
    }
    // One file's record is damaged, the other's is still good.
    assert!(*believed.borrow() > 0);
    check([&bytes[..], b"more"].concat());
}

#[test]
fn a_little_beside_much_is_not_saved() {
    let mut memory = Memory::with(&[("/little.nix", "0")]);
    let names: Vec<String> = (0..40).map(|number| format!("/{number}.nix")).collect();
    for name in &names {
        memory.change(name, "1");
    }
    let imports: Vec<String> = names
        .iter()
        .map(|name| format!("(import {name})"))
        .collect();
    let program = format!("[ (import /little.nix) {} ]", imports.join(" "));
    assert_eq!(memory.answer(&program).1, 0);
    assert_eq!(memory.answer(&program).1, 41);
    memory.change("/little.nix", "2");
    assert_eq!(memory.answer(&program).1, 40);
    assert_eq!(memory.answer(&program).1, 40, "it is parsed each time");
}

#[test]
fn evaluations_with_other_files_share_an_image() {
    let memory = Memory::with(&[("/a.nix", "{ shared = 1; }"), ("/b.nix", "{ other = 2; }")]);
    memory.answer("import /a.nix");
    memory.answer("import /b.nix");
    let both = "[ (import /b.nix) (import /a.nix) ]";
    let expected = "[ { other = 2; } { shared = 1; } ]".to_owned();
    assert_eq!(memory.answer(both), (expected, 2));
    assert_eq!(Rc::new(memory).images.lock().unwrap().len(), 1);
}

/// All programs of the repository that are there to be compared with Nix.
#[expect(clippy::disallowed_methods, reason = "they are the tests' own")]
fn programs() -> Vec<Vec<u8>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/lang");
    let mut folders = vec![std::path::PathBuf::from(folder)];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "nix") {
                found.push(std::fs::read(path).unwrap());
            }
        }
    }
    found.sort();
    found
}

/// An evaluator in which names and texts came up before, and who lowers for it.
fn with_ahead() -> (Evaluator, Ahead) {
    let settings = Settings {
        pipe_operators: true,
        ..Settings::default()
    };
    let mut evaluator = Evaluator::new(settings.clone(), Box::new(Memory::default())).unwrap();
    evaluator.start_on_this_stack();
    let image = super::image_name(&evaluator);
    let before = b"{ zebra = x: x; b = { a = 1; }; inherit ({ }) name; }";
    let text = Arc::from(&before[..]);
    evaluator
        .parse_source(&text, Origin::String, b"/", &[])
        .unwrap();
    let room = evaluator.make_room().unwrap();
    let ahead = Ahead::begin(settings, NOW, &image, room).unwrap();
    (evaluator, ahead)
}

/// What the code of a file comes to, or its error for people.
fn shown(evaluator: &mut Evaluator, code: R<u32>) -> String {
    let value = code
        .and_then(|code| evaluator.eval(code, 0))
        .and_then(|value| evaluator.force_deep(value))
        .and_then(|value| print::nix(evaluator, value));
    match value {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(raised) => {
            let error = evaluator.take_error(raised);
            evaluator.render(&error, Detail::Trace)
        }
    }
}

/// Puts what was lowered ahead where it belongs.
fn put(evaluator: &mut Evaluator, path: &Rc<[u8]>, ready: Ready) -> u32 {
    let code = evaluator.heap.ends().1;
    let text = ready.text.clone();
    let (root, _) = evaluator.lowered_code(path, &text, Some(ready)).unwrap();
    assert_eq!(evaluator.heap.ends().1, code, "it was not lowered again");
    root
}

#[test]
fn a_file_that_was_lowered_ahead_is_as_good_as_one_lowered_now() {
    let count = with_stack(|| {
        let path: Rc<[u8]> = b"/folder/file.nix"[..].into();
        let mut count = 0;
        for text in programs() {
            let text: Arc<[u8]> = text.into();
            let (mut there, mut ahead) = with_ahead();
            let Some(ready) = ahead.lower(&path, text.clone()) else {
                continue;
            };
            let (mut here, _) = with_ahead();
            let code = here.lowered_code(&path, &text, None).map(|(code, _)| code);
            let expected = shown(&mut here, code);
            let code = put(&mut there, &path, ready);
            assert_eq!(shown(&mut there, Ok(code)), expected);
            count += 1;
        }
        count
    })
    .unwrap()
    .unwrap();
    assert!(count > 500, "{count} programs were compared");
}

#[test]
fn names_are_gone_through_as_they_appear_whoever_met_them_first() {
    let answer = with_stack(|| {
        let (mut evaluator, mut ahead) = with_ahead();
        let path: Rc<[u8]> = b"/folder/file.nix"[..].into();
        ahead.lower(b"/other.nix", b"{ first = 1; second = 2; }"[..].into());
        let text = b"n: [ { second = throw \"second\"; first = throw \"first\"; } ]";
        let ready = ahead.lower(&path, text[..].into()).unwrap();
        let root = put(&mut evaluator, &path, ready);
        let function = evaluator.eval(root, 0);
        let listed =
            function.and_then(|function| evaluator.call(function, &[Value::NULL], Position::NONE));
        let forced = listed.and_then(|listed| evaluator.force_deep(listed));
        evaluator.take_error(forced.err().unwrap()).message
    });
    assert!(answer.unwrap().unwrap().contains("second"));
}

#[test]
fn nothing_is_lowered_for_more_room_than_there_is() {
    let found = with_stack(|| {
        let (_, mut ahead) = with_ahead();
        let large: Arc<[u8]> = format!("[ {} ]", "\"text\" ".repeat(1 << 20))
            .into_bytes()
            .into();
        let mut lower = |name: &[u8]| ahead.lower(name, large.clone()).is_some();
        [lower(b"/a.nix"), lower(b"/b.nix"), lower(b"/c.nix")]
    });
    assert_eq!(found.unwrap().unwrap(), [true, false, false]);
}

/// What time it is in tests.
const NOW: i64 = 1_700_000_000;

/// A thread that lowers, when no other test has one.
fn beside(memory: &Memory, settings: &Settings) -> Beside {
    let mut evaluator = Evaluator::new(settings.clone(), Box::new(memory.clone())).unwrap();
    beside_of(&mut evaluator, memory)
}

/// One that lowers for this evaluator.
fn beside_of(evaluator: &mut Evaluator, memory: &Memory) -> Beside {
    let claim = loop {
        match Claim::make() {
            Some(claim) => break claim,
            None => std::thread::yield_now(),
        }
    };
    let mut memory = memory.clone();
    let image = super::image_name(evaluator);
    let task = Task {
        settings: evaluator.settings.clone(),
        now: NOW,
        before: memory.saved(&image),
        saving: memory.saving(&image).unwrap(),
        reader: memory.reader(),
        room: evaluator.make_room().unwrap(),
        image,
    };
    Beside::start(claim, task).unwrap()
}

fn expected(path: &str) -> Expected {
    Expected {
        path: path.as_bytes().into(),
        real: path.as_bytes().into(),
        text: None,
    }
}

#[test]
fn files_that_are_expected_are_parsed_ahead() {
    let large = format!("\"{}\"", "large ".repeat(1 << 16));
    let files = [
        ("/good.nix", "{ a = 1; }"),
        ("/bad.nix", "{"),
        ("/large.nix", &large),
    ];
    let memory = Memory::with(&files);
    let mut beside = beside(&memory, &Settings::default());
    let files = ["/bad.nix", "/absent.nix", "/large.nix", "/good.nix"].map(expected);
    beside.expect(files.into());
    beside.wait_until_idle();
    assert!(beside.ready(b"/bad.nix").is_none());
    assert!(beside.ready(b"/absent.nix").is_none());
    assert!(beside.ready(b"/other.nix").is_none());
    assert!(
        beside.ready(b"/large.nix").is_some(),
        "it comes last, but it comes"
    );
    let ready = beside.ready(b"/good.nix").unwrap();
    assert!(ready.text.starts_with(b"{ a = 1; }"));
    assert!(
        beside.ready(b"/good.nix").is_none(),
        "it is handed out once"
    );
}

#[test]
fn a_text_that_is_not_there_any_more_is_used_only_where_the_world_says_so() {
    for (trusts_readers, expected_answer) in [(true, "\"before\""), (false, "\"after\"")] {
        let before = Memory::with(&[("/a.nix", "\"before\"")]);
        let mut memory = Memory::with(&[("/a.nix", "\"after\"")]);
        memory.trusts_readers = trusts_readers;
        let answer = with_stack(|| {
            let world = Box::new(memory.clone());
            let mut evaluator = Evaluator::new(Settings::default(), world).unwrap();
            evaluator.start_on_this_stack();
            let mut parsed = Parsed::new(super::image_name(&evaluator));
            let mut beside = beside_of(&mut evaluator, &before);
            beside.expect(vec![expected("/a.nix")]);
            beside.wait_until_idle();
            parsed.help = Help::Here(beside);
            evaluator.parsed = Some(parsed);
            let value = evaluator.import_file(b"/a.nix").unwrap();
            print::nix(&mut evaluator, value).unwrap()
        });
        let answer = String::from_utf8(answer.unwrap().unwrap()).unwrap();
        assert_eq!(answer, expected_answer);
        assert_eq!(memory.read.lock().unwrap().is_empty(), trusts_readers);
    }
}

#[test]
fn what_was_parsed_beside_is_saved_like_what_was_parsed_afterwards() {
    let files = [("/all.nix", ALL), ("/b.nix", "{ b = 1; }")];
    let memory = Memory::with(&files);
    let mut beside = beside(&memory, &Settings::default());
    for (name, _) in files {
        let (path, text) = (name.as_bytes(), memory.files[name.as_bytes()].clone());
        let (path, text) = (path.into(), text.into());
        beside.parsed(ParsedFile { path, text });
    }
    assert!(beside.finish());
    let program = "[ (removeAttrs (import /all.nix { }) [ \"function\" ]) (import /b.nix) ]";
    let (expected, saved) = memory.fresh().answer(program);
    assert_eq!(saved, 0);
    assert_eq!(memory.answer(program), (expected, 2));
}

#[test]
fn a_thread_that_is_left_alone_saves_nothing() {
    let memory = Memory::with(&[("/a.nix", "1")]);
    let mut first = beside(&memory, &Settings::default());
    first.expect(vec![expected("/a.nix")]);
    drop(first);
    // There is room for another one once it is gone.
    drop(beside(&memory, &Settings::default()));
    assert!(!memory.has_images());
}
