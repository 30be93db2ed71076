//! What every evaluation of modules does once (`evalModules`), though it comes to the same each time.

use crate::eval::{Evaluator, R};
use crate::heap::Value;
use crate::intrinsics::{Done, Site};

/// The options that every evaluation of modules declares of itself (`options` of `internalModule`). They are
/// the same for all that are inside of others, and for all that are not.
pub(in crate::intrinsics) fn internal_options(
    evaluator: &mut Evaluator,
    site: Site,
    env: u32,
) -> R<Done<Value>> {
    let prefix = evaluator.suspend(site.variable(&evaluator.heap, 0), env);
    let Some(prefix) = evaluator.list_at_hand(prefix) else {
        return Ok(Done::Otherwise);
    };
    let is_outermost = evaluator.heap.list_length(prefix) == 0;
    let outer = site.outer(&evaluator.heap, env);
    let key = (site.0, outer, is_outermost);
    if let Some(&known) = evaluator.intrinsics.internal_options.get(&key) {
        return Ok(Done::Value(known));
    }
    let code = site.original(&evaluator.heap);
    let options = evaluator.eval(code, env)?;
    evaluator.intrinsics.internal_options.insert(key, options);
    Ok(Done::Value(options))
}

/// Whether `evalModules` was given an argument that is deprecated.
fn has_deprecated(evaluator: &mut Evaluator, arguments: Value) -> bool {
    let has = |name: &str| {
        let symbol = evaluator.symbols.find(name.as_bytes());
        symbol.is_some_and(|symbol| evaluator.heap.attr(arguments, symbol).is_some())
    };
    has("args") || has("check")
}

/// `withWarnings x`
pub(in crate::intrinsics) fn with_warnings(
    evaluator: &mut Evaluator,
    site: Site,
    env: u32,
) -> R<Done<Value>> {
    let arguments = evaluator.site_variable(site, 0, env)?;
    if !arguments.is_attrs() || has_deprecated(evaluator, arguments) {
        return Ok(Done::Otherwise);
    }
    let value = evaluator.heap.env_slot(env, 0);
    evaluator.force(value).map(Done::Value)
}

/// `legacyModules`
pub(in crate::intrinsics) fn legacy_modules(
    evaluator: &mut Evaluator,
    site: Site,
    env: u32,
) -> R<Done<Value>> {
    let arguments = evaluator.site_variable(site, 0, env)?;
    if !arguments.is_attrs() || has_deprecated(evaluator, arguments) {
        return Ok(Done::Otherwise);
    }
    Ok(Done::Value(evaluator.heap.empty_list()))
}
