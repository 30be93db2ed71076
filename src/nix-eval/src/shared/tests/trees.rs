//! What is read of a nixpkgs beside its packages: modules, and folders that are copied in part.

use super::{LINUX, answer, fresh, many, nixpkgs, write};
use crate::testing::Memory;

/// A nixpkgs with modules, and with a manual that is large enough for its hash to be saved.
fn tree() -> Memory {
    let mut memory = nixpkgs();
    let modules = [
        ("/n/nixos/service.nix", "{ name }: \"service ${name}\""),
        ("/n/nixos/list.nix", "[ 1 2 ]"),
        (
            "/n/nixos/folder/default.nix",
            "{ folder = import ./inner.nix; }",
        ),
        ("/n/nixos/folder/inner.nix", "\"inner\""),
        ("/n/nixos/unused.nix", "\"unused\""),
        ("/n/other/default.nix", "\"of another folder\""),
        ("/n/doc/private/notes.md", "notes"),
        ("/n/doc/script", "run"),
    ];
    for (path, text) in modules {
        write(&mut memory, path, text);
    }
    for chapter in 0..60 {
        write(&mut memory, &format!("/n/doc/part/{chapter}.md"), "text");
    }
    link(&mut memory, "/n/nixos/link.nix", "/n/nixos/service.nix");
    link(&mut memory, "/n/doc/link", "script");
    memory
}

fn link(memory: &mut Memory, path: &str, target: &str) {
    memory.links.insert(path.into(), target.into());
}

fn remove(memory: &mut Memory, path: &str) {
    let there = memory.files.remove(path.as_bytes());
    let linked = memory.links.remove(path.as_bytes());
    assert!(there.is_some() || linked.is_some(), "{path}");
}

const MODULES: &str = r#"[
    (import /n/nixos/service.nix { name = "a"; })
    (import /n/nixos/list.nix)
    (import /n/nixos/folder).folder
    (import /n/nixos/link.nix { name = "b"; })
    (if builtins.pathExists /n/nixos/absent.nix then import /n/nixos/absent.nix else "absent")
]"#;

const MANUAL: &str = r#"(builtins.path {
    path = /n/doc;
    name = "manual";
    filter = path: type: baseNameOf path != "private" && builtins.match ".*~" path == null;
})"#;

fn program(what: &str) -> String {
    format!("[ ({}) {what} ]", many(LINUX))
}

/// Which files of the tree an evaluation reads.
fn files_read(memory: &Memory, program: &str) -> Vec<String> {
    memory.read.lock().unwrap().clear();
    answer(memory, program);
    let mut read = std::mem::take(&mut *memory.read.lock().unwrap());
    read.sort_unstable();
    read.dedup();
    let shown = read
        .into_iter()
        .map(|path| String::from_utf8(path).unwrap());
    shown.collect()
}

type Change = fn(&mut Memory);

/// Whatever was saved of a program before a change, it gives the same afterwards as if nothing had been.
fn is_noticed(what: &str, name: &str, change: Change) {
    let program = program(what);
    let mut memory = tree();
    let before = answer(&memory, &program).0;
    assert_eq!(files_read(&memory, &program), [""; 0], "{name}");
    change(&mut memory);
    let expected = fresh(&memory, &program);
    assert_ne!(expected, before, "{name}");
    for _ in 0..3 {
        assert_eq!(answer(&memory, &program).0, expected, "{name}");
    }
}

#[test]
fn files_that_were_imported_are_not_even_looked_at() {
    let memory = tree();
    let modules = program(MODULES);
    let (expected, _) = answer(&memory, &modules);
    assert_eq!(answer(&memory, &modules), (expected, 1));
    assert_eq!(files_read(&memory, &modules), [""; 0]);
    let others = program("(import /n/nixos/unused.nix) (import /n/nixos/list.nix)");
    assert_eq!(files_read(&memory, &others), ["/n/nixos/unused.nix"]);
}

#[test]
fn what_was_imported_is_evaluated_each_time() {
    let mut memory = tree();
    let path = "/n/nixos/list.nix";
    write(&mut memory, path, "builtins.trace \"evaluated\" [ 1 2 ]");
    let program = program(MODULES);
    for turn in 1..4 {
        let (_, used) = answer(&memory, &program);
        assert_eq!(used > 0, turn > 1);
        assert_eq!(memory.said.lock().unwrap().len(), turn);
    }
}

#[test]
fn a_changed_file_that_was_imported_is_noticed() {
    let changes: [(&str, Change); 13] = [
        ("a function that is another one", |memory| {
            write(
                memory,
                "/n/nixos/service.nix",
                "{ name }: \"other ${name}\"",
            );
        }),
        ("a function that became a value", |memory| {
            write(memory, "/n/nixos/service.nix", "\"no function\"");
        }),
        ("a value that became a function", |memory| {
            write(memory, "/n/nixos/list.nix", "list: list");
        }),
        ("no program any more", |memory| {
            write(memory, "/n/nixos/list.nix", "[");
        }),
        ("gone", |memory| remove(memory, "/n/nixos/list.nix")),
        ("added", |memory| {
            write(memory, "/n/nixos/absent.nix", "\"there\"");
        }),
        ("a folder in place of a file", |memory| {
            remove(memory, "/n/nixos/list.nix");
            write(memory, "/n/nixos/list.nix/default.nix", "[ 3 ]");
        }),
        ("a file in place of a folder", |memory| {
            remove(memory, "/n/nixos/folder/default.nix");
            remove(memory, "/n/nixos/folder/inner.nix");
            write(memory, "/n/nixos/folder", "{ folder = 1; }");
        }),
        ("a link in place of a file", |memory| {
            remove(memory, "/n/nixos/list.nix");
            link(memory, "/n/nixos/list.nix", "/n/other/default.nix");
        }),
        ("a link in place of a folder", |memory| {
            remove(memory, "/n/nixos/folder/default.nix");
            remove(memory, "/n/nixos/folder/inner.nix");
            link(memory, "/n/nixos/folder", "/n/other");
        }),
        ("a link that leads elsewhere", |memory| {
            link(memory, "/n/nixos/link.nix", "/n/other/default.nix");
        }),
        ("what a link leads to", |memory| {
            write(memory, "/n/nixos/service.nix", "{ name }: \"2\"");
        }),
        ("what a file imports itself", |memory| {
            write(memory, "/n/nixos/folder/inner.nix", "\"other\"");
        }),
    ];
    for (name, change) in changes {
        is_noticed(MODULES, name, change);
    }
}

#[test]
fn a_folder_that_was_copied_in_part_is_not_read_again() {
    let memory = tree();
    let manual = program(MANUAL);
    let (expected, _) = answer(&memory, &manual);
    assert!(expected.contains("-manual"));
    assert_eq!(answer(&memory, &manual), (expected.clone(), 1));
    assert_eq!(files_read(&memory, &manual), [""; 0]);
    // The same for another filter that keeps the same.
    let other = manual.replace(
        "baseNameOf path != \"private\"",
        "type != \"never\" && path != \"/n/doc/private\"",
    );
    assert_ne!(other, manual);
    assert_eq!(files_read(&memory, &other), [""; 0]);
    assert_eq!(answer(&memory, &other).0, expected);
}

#[test]
fn a_filter_that_keeps_something_else_makes_another_copy() {
    let memory = tree();
    let manual = program(MANUAL);
    let (before, _) = answer(&memory, &manual);
    for (from, to) in [
        ("private", "part"),
        ("private", "nothing"),
        (".*~", ".*/7.md"),
    ] {
        let other = manual.replace(from, to);
        let expected = fresh(&memory, &other);
        assert_ne!(expected, before);
        for _ in 0..3 {
            assert_eq!(answer(&memory, &other).0, expected, "{to}");
            assert_eq!(answer(&memory, &manual).0, before, "{to}");
        }
    }
}

#[test]
fn a_changed_folder_that_was_copied_in_part_is_noticed() {
    let changes: [(&str, Change); 12] = [
        ("a file with another text", |memory| {
            write(memory, "/n/doc/part/7.md", "next");
        }),
        ("a file that is gone", |memory| {
            remove(memory, "/n/doc/part/7.md");
        }),
        ("a file that was added", |memory| {
            write(memory, "/n/doc/part/new.md", "text");
        }),
        ("a file in a folder that was added", |memory| {
            write(memory, "/n/doc/more/new.md", "text");
        }),
        ("a file that may be executed", |memory| {
            memory.executable.insert(b"/n/doc/script".to_vec());
        }),
        ("a link in place of a file", |memory| {
            remove(memory, "/n/doc/part/7.md");
            link(memory, "/n/doc/part/7.md", "8.md");
        }),
        ("a link in place of a folder", |memory| {
            for chapter in 0..60 {
                remove(memory, &format!("/n/doc/part/{chapter}.md"));
            }
            link(memory, "/n/doc/part", "private");
        }),
        ("a file in place of a link", |memory| {
            remove(memory, "/n/doc/link");
            write(memory, "/n/doc/link", "run");
        }),
        ("a folder in place of a file", |memory| {
            remove(memory, "/n/doc/script");
            write(memory, "/n/doc/script/run", "run");
        }),
        ("a link that leads elsewhere", |memory| {
            link(memory, "/n/doc/link", "part");
        }),
        ("a file of another name", |memory| {
            remove(memory, "/n/doc/part/7.md");
            write(memory, "/n/doc/part/seven.md", "text");
        }),
        ("a folder that is gone", |memory| {
            memory.files.retain(|path, _| !path.starts_with(b"/n/doc/"));
            memory.links.remove(&b"/n/doc/link"[..]);
        }),
    ];
    for (name, change) in changes {
        is_noticed(MANUAL, name, change);
    }
}

#[test]
fn what_the_filter_left_out_may_change() {
    let changes: [Change; 3] = [
        |memory| write(memory, "/n/doc/private/notes.md", "others"),
        |memory| write(memory, "/n/doc/private/more.md", "more"),
        |memory| write(memory, "/n/doc/part/7.md~", "a draft"),
    ];
    let program = program(MANUAL);
    for change in changes {
        let mut memory = tree();
        let before = answer(&memory, &program).0;
        change(&mut memory);
        for _ in 0..3 {
            assert_eq!(answer(&memory, &program).0, before);
        }
    }
}

#[test]
fn the_execute_bit_may_be_taken_away_as_well() {
    let mut memory = tree();
    let plain = program(MANUAL);
    let before = fresh(&memory, &plain);
    memory.executable.insert(b"/n/doc/script".to_vec());
    let executable = answer(&memory, &plain).0;
    assert_ne!(executable, before);
    assert_eq!(answer(&memory, &plain).0, executable);
    memory.executable.clear();
    assert_eq!(answer(&memory, &plain).0, before);
    assert_eq!(answer(&memory, &plain).0, before);
}
