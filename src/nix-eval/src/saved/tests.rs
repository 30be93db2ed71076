//! An evaluation that uses what was saved gives what one without gives.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::{Arc, Mutex};

use super::beside::{Beside, Expected};
use super::draft::{BASE, Draft};
use super::save::ParsedFile;
use crate::eval::{Detail, Evaluator, Settings, with_stack};
use crate::path;
use crate::position::Origin;
use crate::print;
use crate::symbol::{Symbol, SymbolTable};
use crate::syntax::transfer::Transfer;
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

/// An evaluator in which names and texts came up before.
fn evaluator() -> Evaluator {
    let settings = Settings {
        pipe_operators: true,
        ..Settings::default()
    };
    let mut evaluator = Evaluator::new(settings, Box::new(Memory::default())).unwrap();
    evaluator.start_on_this_stack();
    let before = b"{ zebra = x: x; b = { a = 1; }; inherit ({ }) name; }";
    let text = Arc::from(&before[..]);
    evaluator
        .parse_source(&text, Origin::String, b"/", &[])
        .unwrap();
    evaluator
}

#[test]
fn a_tree_that_was_parsed_ahead_lowers_to_the_same_code() {
    let folder = b"/folder";
    let count = with_stack(|| {
        let mut count = 0;
        let saving = Memory::default().saving("image").unwrap();
        let mut other = Evaluator::new(evaluator().settings, Box::new(Memory::default())).unwrap();
        let (settings, name) = (other.settings.clone(), super::image_name(&other));
        other.start_on_this_stack();
        let mut draft = Draft::begin(settings, NOW, &name, None, saving)
            .unwrap()
            .unwrap();
        let (mut names, known) = (Vec::new(), SymbolTable::new().len());
        for text in programs() {
            let path = path::join(folder, b"file.nix");
            let tree = draft.parse(&path, &text);
            names.extend(draft.names_from(known + names.len()).map(<[u8]>::to_vec));
            let text: Arc<[u8]> = text.into();
            let (mut here, mut there) = (evaluator(), evaluator());
            let place = here.add_source_text(&text, Origin::String).unwrap();
            let expected = here.parse_at(&text, place, folder);
            let (Ok(expected), Some(tree)) = (expected, tree) else {
                continue;
            };
            let base = there.add_source_text(&text, Origin::String).unwrap();
            let mut symbols: Vec<Symbol> = (0..known as u32).map(Symbol).collect();
            symbols.resize(known + names.len(), Symbol(u32::MAX));
            for &name in &tree.appeared {
                if let Some(new) = (name as usize).checked_sub(known) {
                    symbols[name as usize] = there.symbols.intern(&names[new]);
                }
            }
            let mut moved = tree.ast;
            moved.transfer(&Transfer {
                symbols: &symbols,
                from: BASE,
                to: base,
            });
            let (first, second) = (here.lower(&expected, &[]), there.lower(&moved, &[]));
            assert_eq!(first.ok(), second.ok());
            assert!(here.heap.bytes() == there.heap.bytes());
            count += 1;
        }
        count
    })
    .unwrap()
    .unwrap();
    assert!(count > 500, "{count} programs were compared");
}

/// What time it is in tests.
const NOW: i64 = 1_700_000_000;

/// A thread that parses, when no other test has one.
fn beside(memory: &Memory, settings: &Settings) -> Beside {
    let mut memory = memory.clone();
    loop {
        let evaluator = Evaluator::new(settings.clone(), Box::new(memory.clone())).unwrap();
        let image = super::image_name(&evaluator);
        let (saving, reader) = (memory.saving(&image).unwrap(), memory.reader());
        let before = memory.saved(&image);
        let beside = Beside::start(settings.clone(), NOW, image, before, saving, reader);
        if let Some(beside) = beside {
            return beside;
        }
        std::thread::yield_now();
    }
}

fn expected(path: &str) -> Expected {
    Expected {
        path: path.as_bytes().into(),
        real: path.as_bytes().into(),
    }
}

#[test]
fn files_that_are_expected_are_parsed_ahead() {
    let memory = Memory::with(&[("/good.nix", "{ a = 1; }"), ("/bad.nix", "{")]);
    let mut beside = beside(&memory, &Settings::default());
    let files = ["/bad.nix", "/absent.nix", "/good.nix"].map(expected);
    beside.expect(files.into());
    beside.wait_until_idle();
    assert!(beside.ready(b"/bad.nix").is_none());
    assert!(beside.ready(b"/absent.nix").is_none());
    assert!(beside.ready(b"/other.nix").is_none());
    let ready = beside.ready(b"/good.nix").unwrap();
    assert!(ready.text.starts_with(b"{ a = 1; }"));
    assert!(
        beside.ready(b"/good.nix").is_none(),
        "it is handed out once"
    );
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
