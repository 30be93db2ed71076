//! Parsed files that were saved: whatever happened to them, programs give what they give without.
#![no_main]

use std::fmt::Write as _;
use std::sync::LazyLock;

use coop_fuzz::shelf::{Shelf, damaged};
use libfuzzer_sys::fuzz_target;

const PROGRAM: &str = "import /file.nix";

/// Files, what was saved of them, and what they give.
static WHOLE: LazyLock<(Shelf, Vec<u8>, String)> = LazyLock::new(|| {
    let mut text = "{ a = [ ".to_owned();
    for number in 0..6000 {
        write!(text, "{number} \"n{number}\" ").expect("a string");
    }
    text.push_str("]; f = (x: x.y or ./z) { y = with { w = 1.5; }; w; }; }");
    let mut shelf = Shelf::default();
    shelf.files.insert(b"/file.nix".into(), text.into_bytes());
    let expected = shelf.evaluate(PROGRAM);
    let saved = shelf.parsed.lock().expect("no panic before").clone();
    (shelf, saved.expect("enough to save"), expected)
});

fuzz_target!(|input: &[u8]| {
    let (shelf, whole, expected) = &*WHOLE;
    let shelf = Shelf {
        files: shelf.files.clone(),
        ..Shelf::default()
    };
    *shelf.parsed.lock().expect("no panic before") = Some(damaged(whole, input));
    assert!(shelf.evaluate(PROGRAM) == *expected);
});
