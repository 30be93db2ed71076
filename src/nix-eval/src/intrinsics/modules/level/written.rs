//! What a level keeps as lists of several values, as the lists of sets that functions as they were written are to
//! have.

use super::environment::{
    CONFIGS, DECLARATION, Declaration, Level, MODULES, NAME, NameEnv, OWN_NAME, PREFIX, STRIDE,
};
use super::{CONFIG_SET, DECLARATION_SET, RAW_DEFINITION, definitions_of, parts};
use crate::eval::{Evaluator, R};
use crate::heap::Value;
use crate::intrinsics::Site;
use crate::intrinsics::modules::definitions::Definitions;

/// The definitions of an option as a list of sets.
pub(super) fn definition_sets(evaluator: &mut Evaluator, site: Site, env: u32) -> R<Value> {
    let mut definitions = Definitions::new();
    definitions_of(evaluator, site, NameEnv(env), &mut definitions)?;
    let sets: Vec<Value> = definitions
        .iter()
        .map(|one| {
            let values = [one.file, one.value];
            site.literal(&mut evaluator.heap, RAW_DEFINITION, &values)
        })
        .collect();
    Ok(evaluator.heap.new_list(&sets))
}

/// The declarations of a name as a list of sets.
pub(in crate::intrinsics::modules) fn declaration_sets(
    evaluator: &mut Evaluator,
    site: Site,
    name: NameEnv,
) -> Value {
    let count = name.declaration_count(evaluator);
    let list = evaluator.heap.new_list_of_length(count);
    for number in 0..count {
        let one = name.declaration(evaluator, number);
        let set = declaration_set(evaluator, site, name.get(evaluator, NAME), one);
        evaluator.heap.set_list_item(list, number, set);
    }
    list
}

fn declaration_set(evaluator: &mut Evaluator, site: Site, name: Value, one: Declaration) -> Value {
    let position = evaluator.internal_builtin("__unsafeGetAttrPos");
    let position = evaluator.heap.new_apply_two(position, name, one.parent);
    let values = [one.file, position, one.options];
    site.literal(&mut evaluator.heap, DECLARATION_SET, &values)
}

/// The level as it is written: `mergeModules'` with lists of sets.
pub(super) fn as_written(evaluator: &mut Evaluator, site: Site, env: u32) -> R<Value> {
    let level = Level(env);
    let prefix = level.get(evaluator, PREFIX);
    let stride = level.get(evaluator, STRIDE).as_small_int().unwrap_or(1);
    let modules = if stride == 1 {
        level.get(evaluator, MODULES)
    } else {
        let given = level.get(evaluator, MODULES);
        let name = level.get(evaluator, OWN_NAME);
        let count = evaluator.heap.list_length(given) / DECLARATION;
        let list = evaluator.heap.new_list_of_length(count);
        for number in 0..count {
            let item = |evaluator: &Evaluator, part| {
                evaluator.heap.list_item(given, number * DECLARATION + part)
            };
            let one = Declaration {
                file: item(evaluator, 0),
                options: item(evaluator, 1),
                parent: item(evaluator, 2),
            };
            let set = declaration_set(evaluator, site, name, one);
            evaluator.heap.set_list_item(list, number, set);
        }
        list
    };
    let configs = evaluator.suspend_part(site, parts::CONFIG_SETS, env);
    let closure = level.closure(evaluator);
    evaluator.as_written(site, closure, &[prefix, modules, configs])
}

/// The configurations of a level as a list of sets.
pub(super) fn config_sets(evaluator: &mut Evaluator, site: Site, env: u32) -> R<Value> {
    let configs = Level(env).force(evaluator, CONFIGS)?;
    let count = evaluator.heap.list_length(configs) / 2;
    let list = evaluator.heap.new_list_of_length(count);
    for number in 0..count {
        let values = [
            evaluator.heap.list_item(configs, number * 2),
            evaluator.heap.list_item(configs, number * 2 + 1),
        ];
        let set = site.literal(&mut evaluator.heap, CONFIG_SET, &values);
        evaluator.heap.set_list_item(list, number, set);
    }
    Ok(list)
}
