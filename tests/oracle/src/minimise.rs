//! Makes a program on which the evaluators disagree as small as possible.

use crate::compare::{CompareError, Comparison};
use crate::expression::Expression;

/// How many simpler programs one process is given.
const BATCH: usize = 50;

/// Replaces parts of `program` by simpler ones as long as the evaluators disagree.
///
/// # Errors
///
/// If programs cannot be written or evaluators not be run.
pub fn minimise(
    comparison: &Comparison,
    mut program: Expression,
) -> Result<Expression, CompareError> {
    loop {
        let mut candidates = program.simpler();
        candidates.sort_by_key(Expression::size);
        let mut found = None;
        for batch in candidates.chunks(BATCH) {
            if let Some(difference) = comparison.compare(batch)?.differences.first() {
                found = Some(batch[difference.index].clone());
                break;
            }
        }
        match found {
            Some(simpler) => program = simpler,
            None => return Ok(program),
        }
    }
}
