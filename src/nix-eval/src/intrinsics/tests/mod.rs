//! An evaluation with intrinsics gives what one without gives.

mod fingerprints;
mod library;
mod linking;
mod modules;
pub(super) mod sample;

use super::fingerprint;
use crate::eval::{Evaluator, Settings, Stats, with_stack};
use crate::position::{Origin, Position};
use crate::print;
use crate::symbol::SymbolTable;
use crate::syntax::lint::Lints;
use crate::syntax::{ParseOptions, parse};
use crate::testing::Memory;

/// What came of a program.
struct Outcome {
    /// Its value, or its error for people.
    answer: String,
    /// What was said meanwhile.
    said: Vec<String>,
    stats: Stats,
    refused: Vec<(&'static str, &'static str)>,
}

fn run(memory: &Memory, program: &str, settings: Settings) -> Outcome {
    let memory = memory.fresh();
    let world = memory.clone();
    let (answer, stats, refused) = with_stack(|| {
        let mut evaluator = Evaluator::new(settings, Box::new(world)).unwrap();
        evaluator.start_on_this_stack();
        let value = evaluator
            .eval_text(program.as_bytes(), Origin::String, b"/")
            .and_then(|value| evaluator.force_deep(value))
            .and_then(|value| print::nix(&mut evaluator, value));
        let answer = match value {
            Ok(bytes) => String::from_utf8(bytes).unwrap(),
            Err(raised) => {
                let error = evaluator.take_error(raised);
                error.message
            }
        };
        let refused = evaluator.refused_intrinsics();
        (answer, evaluator.stats, refused)
    })
    .unwrap()
    .unwrap();
    let said = std::mem::take(&mut *memory.said.lock().unwrap());
    Outcome {
        answer,
        said,
        stats,
        refused,
    }
}

/// Settings under which all runs as it is written.
fn as_written() -> Settings {
    Settings {
        intrinsics: false,
        ..Settings::default()
    }
}

/// The fingerprint of a text's expression; `None` where it has none.
fn fingerprint(text: &str) -> Option<String> {
    fingerprint_after(text, "0")
}

/// The same where the names of another text came up before.
fn fingerprint_after(text: &str, before: &str) -> Option<String> {
    let mut symbols = SymbolTable::new();
    let options = ParseOptions {
        base: Position::NONE,
        base_path: b"/",
        home: None,
        pipe_operators: false,
        lints: Lints::default(),
    };
    let mut parsed = |text: &str| {
        let Ok(ast) = parse(text.as_bytes(), &options, &mut symbols) else {
            panic!("this is no expression: {text}");
        };
        ast
    };
    parsed(before);
    let ast = parsed(text);
    fingerprint::shown(&ast, &symbols, ast.root?)
}
