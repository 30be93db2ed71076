//! Parsed files that were saved: whatever happened to them, programs give what they give without.
#![no_main]

use std::fmt::Write as _;
use std::sync::LazyLock;

use coop_fuzz::shelf::Whole;
use libfuzzer_sys::fuzz_target;

static WHOLE: LazyLock<Whole> = LazyLock::new(|| {
    let mut text = "{ a = [ ".to_owned();
    for number in 0..6000 {
        write!(text, "{number} \"n{number}\" ").expect("a string");
    }
    text.push_str("]; f = (x: x.y or ./z) { y = with { w = 1.5; }; w; }; }");
    Whole::new(
        "import /file.nix",
        b"/file.nix",
        text.into_bytes(),
        |shelf| &shelf.parsed,
    )
});

fuzz_target!(|input: &[u8]| WHOLE.check(input));
