//! Two functions that are known in tests alone.

use super::super::{Argument, At, Done, Known, Meaning, Place, Site};
use crate::eval::{Evaluator, R};
use crate::heap::Value;

/// One of each thing that a function may rely on, as it has to be, and the function.
pub(super) const LIBRARY: [(&str, &str); 8] = [
    ("length", "builtins.length"),
    ("pair", "first: second: [ first second ]"),
    ("limit", "7"),
    ("pairOfOne", "pair 1"),
    ("pairOfWord", "pair \"word\""),
    ("pairEach", "map pair"),
    ("note", "null"),
    (
        "sample",
        "list: let count = length list; in {
          written = [ count (pair list limit) (pairOfOne list) (pairOfWord list) (pairEach list) note (toString count) ];
        }",
    ),
];

/// `sample` says `written = true` where it is not evaluated as it is written. It leaves empty lists to what
/// is written.
pub(in crate::intrinsics) const SAMPLE: Known = Known {
    name: "sample",
    fingerprints: &["084cac9c7d3c675f050901fd5c73c07a"],
    relies_on: &[
        ("length", Meaning::Builtin("__length")),
        ("pair", Meaning::Known("pair")),
        ("limit", Meaning::Integer(7)),
        ("pairOfOne", Meaning::Applied("pair", Argument::Integer(1))),
        (
            "pairOfWord",
            Meaning::Applied("pair", Argument::String("word")),
        ),
        ("pairEach", Meaning::BuiltinApplied("map", "pair")),
        ("note", Meaning::Anything),
    ],
    places: &[Place {
        at: At::Body,
        variables: &["list"],
        literals: &[&["written"]],
        run: Some(run_sample),
        parts: &[],
    }],
};

pub(in crate::intrinsics) const PAIR: Known = Known {
    name: "pair",
    fingerprints: &["184e7f3285e75ab63db306dbe3b10bbd"],
    relies_on: &[],
    places: &[],
};

fn run_sample(evaluator: &mut Evaluator, site: Site, env: u32) -> R<Done<Value>> {
    let list = evaluator.site_variable(site, 0, env)?;
    if evaluator.heap.list_length(list) == 0 {
        return Ok(Done::Otherwise);
    }
    let made = site.literal(&mut evaluator.heap, 0, &[Value::TRUE]);
    Ok(Done::Value(made))
}
