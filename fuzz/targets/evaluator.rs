//! The evaluator: any program has a value or an error, and either can be printed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nix_eval::position::Origin;
use nix_eval::print;

fuzz_target!(|program: &[u8]| {
    coop_fuzz::evaluate(|evaluator| {
        let value = evaluator.eval_text(program, Origin::String, b"/")?;
        let value = evaluator.force_deep(value)?;
        print::ambiguous(evaluator, value)?;
        print::pretty(evaluator, value, 3)?;
        print::xml::document(evaluator, value, true, true).map(drop)
    });
});
