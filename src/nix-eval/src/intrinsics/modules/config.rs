//! The values of all options, as the set that modules know as `config` (`declaredConfig` in `evalModules`).

use super::properties::Tag;
use crate::eval::{Evaluator, R};
use crate::heap::Value;
use crate::intrinsics::names::Name;
use crate::intrinsics::{Done, RunPart, Site};

/// The parts of `declaredConfig`.
pub(in crate::intrinsics) const PARTS: &[RunPart] = &[value];

/// `declaredConfig`
pub(in crate::intrinsics) fn declared(
    evaluator: &mut Evaluator,
    site: Site,
    env: u32,
) -> R<Done<Value>> {
    let options = evaluator.site_variable(site, 0, env)?;
    if !options.is_attrs() {
        return Ok(Done::Otherwise);
    }
    Ok(Done::Value(evaluator.config_of(site, options)))
}

impl Evaluator {
    fn config_of(&mut self, site: Site, options: Value) -> Value {
        let (flat, shape) = self.heap.flat(options);
        let bare = self.heap.without_positions(shape);
        let config = self.heap.new_attrs(bare);
        for index in 0..self.heap.shape_length(shape) {
            let option = self.heap.attr_at(flat, index);
            let env = self.env_of(0, &[option]);
            let value = self.suspend_part(site, 0, env);
            self.heap.set_attr(config, index, value);
        }
        config
    }
}

/// The value of an option, or those of a set of options.
fn value(evaluator: &mut Evaluator, site: Site, env: u32) -> R<Value> {
    let option = evaluator.heap.env_slot(env, 0);
    let option = evaluator.force(option)?;
    if option.is_attrs() && evaluator.tag(option)? != Tag::Option {
        return Ok(evaluator.config_of(site, option));
    }
    let context = "while selecting an attribute";
    if !option.is_attrs() {
        return evaluator.wrong_type(option, "a set", context);
    }
    let name = evaluator.known_name(Name::Value);
    let value = evaluator.need_attr(option, name, context)?;
    evaluator.force(value)
}
