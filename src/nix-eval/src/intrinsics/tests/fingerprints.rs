use proptest::prelude::*;

use super::{fingerprint, fingerprint_after};

fn certain(text: &str) -> String {
    fingerprint(text).unwrap_or_else(|| panic!("{text} has no fingerprint"))
}

#[test]
fn what_means_the_same_wherever_it_stands_has_one_fingerprint() {
    let same = [
        ("a: b: a", "\n\n  a:\n\tb: a  "),
        ("[ a b ]", "[ a # the first\n b /* the second */ ]"),
        ("f a b", "((f) (a) b)"),
        ("a: b: a", "a: (b: (a))"),
        ("{ a, b }: a", "{ b, a }: a"),
        ("{ a, b ? 1, ... }@all: a", "{ b ? 1, a, ... }@all: a"),
        ("{ a, b }@all: a", "all@{ a, b }: a"),
        ("{ a.b = 1; a.c = 2; }", "{ a = { b = 1; c = 2; }; }"),
        ("{ a = 1; }", "{ \"a\" = 1; }"),
        ("a.b", "a.\"b\""),
        ("\"text\\n\"", "''\n  text\n''"),
        ("a - b", "__sub a b"),
        ("a > b", "b < a"),
        ("throw a", "throw \"something else\""),
        ("throw a", "throw (b: c ./there)"),
        ("throw a b", "throw c b"),
    ];
    for (first, second) in same {
        assert_eq!(certain(first), certain(second), "{first} and {second}");
    }
}

#[test]
fn what_may_mean_something_else_has_another_fingerprint() {
    let different = [
        // Names are told apart, also where they are bound: places of functions are found by them.
        ("a: a", "b: b"),
        ("a: b: a", "b: a: a"),
        ("f a b", "f b a"),
        ("f a b", "f (a b)"),
        ("f a", "[ f a ]"),
        ("a: a", "{ a }: a"),
        ("{ a }: a", "{ a, ... }: a"),
        ("{ a }: a", "{ a, b }: a"),
        ("{ a }: a", "{ a ? null }: a"),
        ("{ a ? 1 }: a", "{ a ? 2 }: a"),
        ("{ a ? 1, b }: a", "{ a, b ? 1 }: a"),
        ("{ a }: a", "{ a }@all: a"),
        ("{ a }@all: a", "{ a }@whole: a"),
        ("1", "2"),
        ("1", "1.0"),
        ("1", "\"1\""),
        ("0.0", "-0.0"),
        ("a", "\"a\""),
        ("\"a\"", "\"A\""),
        ("\"${a}\"", "\"\" + a"),
        ("\"${a}b\"", "a + \"b\""),
        ("\"${a}\"", "\"${b}\""),
        ("[ a b ]", "[ b a ]"),
        ("[ a b ]", "[ a [ b ] ]"),
        ("[ ]", "{ }"),
        ("{ a = 1; }", "{ b = 1; }"),
        ("{ a = 1; }", "{ a = 2; }"),
        ("{ a = 1; }", "rec { a = 1; }"),
        ("{ a = a; }", "{ inherit a; }"),
        ("{ inherit a; }", "{ inherit (a) a; }"),
        ("{ inherit (a) c; }", "{ inherit (b) c; }"),
        (
            "{ inherit (a) c; inherit (b) d; }",
            "{ inherit (a) d; inherit (b) c; }",
        ),
        ("{ ${a} = 1; }", "{ a = 1; }"),
        ("{ ${a} = 1; }", "{ ${b} = 1; }"),
        ("{ ${a} = 1; }", "{ ${a} = 2; }"),
        // The order of attributes tells in which order Nix goes through them.
        ("{ a = 1; b = 1; }", "{ b = 1; a = 1; }"),
        ("a.b", "a.c"),
        ("a.b", "b.b"),
        ("a.b", "a.b.b"),
        ("a.b", "a.${b}"),
        ("a.${b}", "a.${c}"),
        ("a.b", "a.b or null"),
        ("a.b or 1", "a.b or 2"),
        ("a.b", "a ? b"),
        ("a ? b", "a ? c"),
        ("a ? b", "b ? b"),
        ("let a = 1; in a", "let a = 2; in a"),
        ("let a = 1; in a", "let a = 1; in b"),
        ("let a = 1; in a", "{ a = 1; }"),
        ("if a then b else c", "if a then c else b"),
        ("if a then b else c", "if b then a else c"),
        ("assert a; b", "assert b; a"),
        ("assert a; b", "b"),
        ("!a", "a"),
        ("!a", "!b"),
        ("-a", "a"),
        ("a - b", "b - a"),
        ("a - b", "a * b"),
        ("a < b", "a > b"),
        ("a < b", "a <= b"),
        ("throw a", "abort a"),
        ("throw a", "throw"),
        ("throw a b", "throw a c"),
        ("f: f a", "f: f b"),
    ];
    for (first, second) in different {
        assert_ne!(certain(first), certain(second), "{first} and {second}");
    }
}

#[test]
fn every_operator_has_a_fingerprint_of_its_own() {
    let operators = [
        "==", "!=", "&&", "||", "->", "//", "++", "+", "-", "*", "/", "<",
    ];
    let all = operators.map(|operator| certain(&format!("a {operator} b")));
    for (index, operator) in operators.iter().enumerate() {
        assert_eq!(all.iter().filter(|&one| *one == all[index]).count(), 1);
        let turned = certain(&format!("b {operator} a"));
        assert_ne!(turned, all[index], "{operator}");
    }
}

#[test]
fn what_depends_on_its_place_has_no_fingerprint() {
    let texts = [
        "./file",
        "/file",
        "./${a}",
        "__curPos",
        "with a; b",
        "a: [ ./file ]",
        "{ a = with b; c; }",
        "{ a ? ./file }: a",
        "{ inherit (./file) a; }",
        "{ ${./file} = 1; }",
        "a.${./file}",
        "a.b or ./file",
        "a ? ${./file}",
        "let a = ./file; in a",
        "if ./file then a else b",
        "assert ./file; a",
        "!(with a; b)",
        "a == ./file",
        "\"${./file}\"",
        "throw a ./file",
    ];
    for text in texts {
        assert_eq!(fingerprint(text), None, "{text}");
    }
}

#[test]
fn names_that_came_up_before_change_nothing() {
    let text = "{ zebra, ape, bee ? ape }@all: { inherit zebra; ape = all; }";
    let orders = ["[ zebra ape bee all ]", "[ all bee ape zebra ]", "bee"];
    for before in orders {
        assert_eq!(fingerprint_after(text, before), fingerprint(text));
    }
}

/// A piece of a program's text.
#[derive(Clone, Debug)]
enum Piece {
    /// What holds it together.
    Fixed(&'static str),
    /// A variable or a literal, by number.
    Atom(usize),
}

const ATOMS: [&str; 7] = ["a", "b", "map", "1", "23", "1.5", "\"a\""];

fn shown(pieces: &[Piece], between: impl Fn(usize) -> &'static str) -> String {
    let mut text = String::new();
    for (index, piece) in pieces.iter().enumerate() {
        text += between(index);
        text += match *piece {
            Piece::Fixed(text) => text,
            Piece::Atom(number) => ATOMS[number],
        };
    }
    text
}

fn around(parts: Vec<Vec<Piece>>, pattern: &'static [&'static str]) -> Vec<Piece> {
    let mut pieces = vec![Piece::Fixed("(")];
    for (part, fixed) in parts.into_iter().zip(pattern) {
        pieces.extend(
            fixed
                .split(' ')
                .filter(|text| !text.is_empty())
                .map(Piece::Fixed),
        );
        pieces.extend(part);
    }
    let last = pattern[pattern.len() - 1];
    pieces.extend(last.split(' ').map(Piece::Fixed));
    pieces.push(Piece::Fixed(")"));
    pieces
}

/// Programs of almost all parts that there are. Each text is one program, as it has all parentheses.
fn program() -> impl Strategy<Value = Vec<Piece>> {
    const PATTERNS: &[&[&str]] = &[
        &["f", ""],
        &["f", "", ""],
        &["[", "", "]"],
        &["x :", ""],
        &["{ x , y ? ", "} :", ""],
        &["{ x =", "; y =", "; }"],
        &["rec { x =", "; inherit (", ") y ; }"],
        &["let x =", "; in", ""],
        &["if", "then x else", ""],
        &["assert", ";", ""],
        &["!", ""],
        &["", "==", ""],
        &["", "//", ""],
        &["", "+", ""],
        &["", "-", ""],
        &["", ". x or", ""],
        &["", "? x"],
    ];
    let atom = (0..ATOMS.len()).prop_map(|number| vec![Piece::Atom(number)]);
    atom.prop_recursive(4, 24, 2, |inner| {
        let parts = prop::collection::vec(inner, 2..3);
        (parts, prop::sample::select(PATTERNS)).prop_map(|(parts, pattern)| {
            let count = pattern.len() - 1;
            around(parts.into_iter().take(count).collect(), pattern)
        })
    })
}

const BETWEEN: [&str; 5] = [" ", "\n", "\t \n", " /* a b */ ", " # 1 {\n"];

proptest! {
    #[test]
    fn layout_and_comments_are_no_part_of_it(pieces in program(), layout in prop::collection::vec(0..5_usize, 1..9)) {
        let plain = shown(&pieces, |_| " ");
        let other = shown(&pieces, |index| BETWEEN[layout[index % layout.len()]]);
        prop_assert_eq!(certain(&plain), certain(&other));
    }

    #[test]
    fn one_other_variable_or_literal_is_another_fingerprint(pieces in program(), at: prop::sample::Index, number in 0..ATOMS.len()) {
        let mut changed = pieces.clone();
        let mut atoms: Vec<&mut usize> = changed
            .iter_mut()
            .filter_map(|piece| match piece {
                Piece::Atom(number) => Some(number),
                Piece::Fixed(_) => None,
            })
            .collect();
        let at = at.index(atoms.len());
        *atoms[at] = number;
        let (before, after) = (shown(&pieces, |_| " "), shown(&changed, |_| " "));
        prop_assert_eq!(before == after, certain(&before) == certain(&after), "{} and {}", before, after);
    }

    #[test]
    fn two_programs_have_two_fingerprints(first in program(), second in program()) {
        let (first, second) = (shown(&first, |_| " "), shown(&second, |_| " "));
        prop_assert_eq!(first == second, certain(&first) == certain(&second), "{} and {}", first, second);
    }
}
