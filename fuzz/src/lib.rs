//! What the targets share: an evaluator in a world where there is nothing, and one where there are a
//! few files and what earlier evaluations saved.

pub mod shelf;

use nix_eval::eval::R;
use nix_eval::{Evaluator, Settings, with_stack};

use shelf::Shelf;

/// Does `work` with a new evaluator. What it raises is rendered, since that must not fail either;
/// a full heap is an answer like any other.
///
/// # Panics
/// Where the machine has no thread or no address space left.
pub fn evaluate(work: impl FnOnce(&mut Evaluator) -> R<()> + Send) {
    let settings = Settings {
        max_call_depth: 500,
        pipe_operators: true,
        parse_toml_timestamps: true,
        ..Settings::default()
    };
    with_stack(|| {
        let mut evaluator =
            Evaluator::new(settings, Box::new(Shelf::default())).expect("address space");
        evaluator.start_on_this_stack();
        if let Err(error) = evaluator.attempt(work) {
            let report = evaluator.render(&error, nix_eval::eval::Detail::Trace);
            assert!(report.starts_with("error: "));
        }
    })
    .expect("a thread");
}

/// Calls the function that `text` is with the string `argument`, and forces all of the result.
///
/// # Panics
/// As [`evaluate`].
pub fn call_with_string(text: &str, argument: &[u8]) {
    evaluate(|evaluator| {
        let origin = nix_eval::position::Origin::String;
        let function = evaluator.eval_text(text.as_bytes(), origin, b"/")?;
        let empty = nix_eval::heap::ContextId::EMPTY;
        let argument = evaluator.heap.new_string(argument, empty);
        let none = nix_eval::position::Position::NONE;
        let value = evaluator.call(function, &[argument], none)?;
        evaluator.force_deep(value).map(drop)
    });
}
