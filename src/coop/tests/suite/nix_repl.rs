//! `coop nix repl`, spoken to through a pipe.

use std::io::Write as _;
use std::process::{Command, Stdio};

/// What a session prints, and what it says on standard error.
fn converse(arguments: &[&str], lines: &str) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("set.nix"),
        "{ four ? 4 }: { inherit four; five = 5; }",
    )
    .unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_coop"))
        .args(["nix", "repl"])
        .args(arguments)
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(lines.as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr))
}

#[test]
fn values_are_printed_as_nix_prints_them() {
    let (printed, errors) = converse(
        &[],
        "1 + 1\n\
         { a = 1; b = { c = 2; }; d = [ 1 ]; }\n\
         :p { a = 1; b = { c = 2; }; d = [ 1 [ { } ] ]; }\n\
         [ 1 ]\n\
         :p let l = [ 1 ]; in [ l l ]\n\
         derivation { name = \"a\"; builder = \"b\"; system = \"c\"; }\n\
         builtins.map\n\
         x: x\n\
         \"a\\nb\"\n\
         :p \"a\\nb\"\n",
    );
    assert_eq!(errors, "");
    assert_eq!(
        printed,
        "2\n\
         {\n  a = 1;\n  b = { ... };\n  d = [ ... ];\n}\n\
         {\n  a = 1;\n  b = { c = 2; };\n  d = [\n    1\n    [\n      { }\n    ]\n  ];\n}\n\
         [ 1 ]\n\
         [\n  [ 1 ]\n  «repeated»\n]\n\
         «derivation /nix/store/arhvjaf6zmlyn8vh8fgn55rpwnxq0n7l-a.drv»\n\
         «primop map»\n\
         «lambda @ «string»:1:1»\n\
         \"a\\nb\"\n\
         a\nb\n"
    );
}

#[test]
fn names_are_bound_and_bound_anew() {
    let (printed, errors) = converse(
        &[],
        "x = 1\n\
         x = x + 1\n\
         f = y:\n\
         \x20 x + y\n\
         a = 10; b = 20\n\
         inherit (builtins) length;\n\
         set.inner = 3\n\
         let x = 7; in\n\
         \x20 [ x (f a) b (length [ ]) set.inner (x == 7) ]\n\
         x\n",
    );
    assert_eq!(errors, "");
    assert_eq!(printed, "[\n  7\n  12\n  20\n  0\n  3\n  true\n]\n2\n");
}

#[test]
fn types_are_described_as_nix_describes_them() {
    let (printed, _) = converse(
        &[],
        ":t 1\n:t 1.5\n:t null\n:t x: x\n:t map\n:t map (x: x)\n:t (x: y: x) 1\n:t { }\n",
    );
    assert_eq!(
        printed,
        "an integer\na float\nnull\na function\nthe built-in function 'map'\n\
         the partially applied built-in function 'map'\na function\na set\n"
    );
}

#[test]
fn files_and_sets_are_added_to_the_scope() {
    let (printed, errors) = converse(
        &["./set.nix", "--arg", "four", "2 + 2 + 1"],
        "four + five\n:a { six = 6; }\nsix\n:l ./set.nix\n:r\nfive\n",
    );
    assert_eq!(printed, "10\n6\n5\n");
    assert_eq!(
        errors.matches("Added 2 variables.\nfive, four\n").count(),
        3
    );
    assert!(errors.contains("Added 1 variables.\nsix\n"), "{errors}");
}

#[test]
fn an_error_ends_its_line_and_nothing_else() {
    let (printed, errors) = converse(
        &[],
        "nosuch\n\
         let f = x: f x; in f 1\n\
         let x = x; in x\n\
         :nosuch\n\
         :l ./nosuch.nix\n\
         :b 1\n\
         1 )\n\
         \u{ab}\n\
         40 + 2\n\
         (1 +\n",
    );
    assert_eq!(printed, "42\n");
    for message in [
        "undefined variable 'nosuch'",
        "stack overflow",
        "infinite recursion",
        "unknown command ':nosuch'",
        "does not exist",
        "coop evaluates and builds nothing",
        "unexpected end of file",
    ] {
        assert!(errors.contains(message), "{message} is not in {errors}");
    }
    assert_eq!(errors.matches("syntax error").count(), 3, "{errors}");
}

#[test]
fn what_follows_quit_is_not_read() {
    let (printed, _) = converse(&[], ":?\n:q\n1\n");
    assert!(printed.starts_with("The following commands are available:"));
    assert!(!printed.ends_with("1\n"), "{printed}");
}

#[test]
fn what_fails_inside_is_shown_in_its_place() {
    let (printed, errors) = converse(
        &[],
        "{ a = throw \"no\"; b = 1; }\n\
         [ (abort \"never\") ]\n\
         { only = throw \"no\"; }\n\
         throw \"top\"\n\
         1\n",
    );
    assert_eq!(
        printed,
        "{\n  a = «error: no»;\n  b = 1;\n}\n\
         [ «error: evaluation aborted with the following error message: 'never'» ]\n\
         { only = «error: no»; }\n\
         1\n"
    );
    assert!(errors.starts_with("error: top\n"), "{errors}");
    assert_eq!(errors.matches("error: ").count(), 1, "{errors}");
}
