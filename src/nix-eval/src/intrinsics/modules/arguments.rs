//! Calling modules that are functions (`applyModuleArgs`).

use crate::eval::{ErrorKind, Evaluator, R};
use crate::heap::{AttrsBuilder, Kind, Value};
use crate::intrinsics::names::Name;
use crate::intrinsics::{Done, RunPart, Site, given};
use crate::ir::op;
use crate::position::Position;
use crate::symbol::Symbol;

/// The parts of `applyModuleArgs`.
pub(in crate::intrinsics) const PARTS: &[RunPart] = &[argument];

/// The variables of an argument that `_module.args` is asked for.
const ARGS: u32 = 0;
const NAME: u32 = 1;
const KEY: u32 = 2;

impl Evaluator {
    /// What the module `function`, which was forced, gives for these arguments. `key` is for messages.
    pub(super) fn apply_module(
        &mut self,
        site: Site,
        function: Value,
        args: Value,
        key: Value,
    ) -> R<Done<Value>> {
        let args = self.force(args)?;
        if !args.is_attrs() || self.named(args, Name::Config).is_none() {
            return Ok(Done::Otherwise);
        }
        match self.heap.kind(function) {
            Kind::Lambda => {}
            Kind::Builtin | Kind::Partial => {
                return self
                    .call(function, &[args], Position::NONE)
                    .map(Done::Value);
            }
            _ => return Ok(Done::Otherwise),
        }
        let (code, outer) = self.heap.lambda(function);
        let head = self.heap.code(code);
        if op::operation(head) != op::LAMBDA_SET {
            return self
                .call(function, &[args], Position::NONE)
                .map(Done::Value);
        }
        let flags = op::number(head);
        // Without an ellipsis what is left over is an error.
        if flags & op::LAMBDA_ELLIPSIS == 0 || flags & op::SHARED != 0 {
            return Ok(Done::Otherwise);
        }
        let is_unused = flags & op::LAMBDA_UNUSED != 0;
        let count = self.heap.code(code + 5);
        let named = u32::from(flags & op::LAMBDA_ARG != 0);
        let slots = if is_unused { 1 } else { count + named };
        let env = self.heap.new_env(outer, slots);
        let mut extra = AttrsBuilder::with_capacity(if named == 1 { count as usize } else { 0 });
        for index in 0..count {
            let name = Symbol(self.heap.code(code + 6 + index * 3));
            let value = if let Some(value) = self.heap.attr(args, name) {
                value
            } else {
                let name = self.symbol_string(name);
                let holder = self.env_of(0, &[args, name, key]);
                self.suspend_part(site, 0, holder)
            };
            if !is_unused {
                self.heap.set_env_slot(env, index + named, value);
            }
            if named == 1 {
                extra.push(name, value, Position::NONE);
            }
        }
        if named == 1 {
            let extra = extra.finish(&mut self.heap);
            let all = self.heap.update(args, extra);
            self.heap.set_env_slot(env, 0, all);
        }
        self.stats.calls += 1;
        self.enter_call(Position::NONE)?;
        let body = self.heap.code(code + 1);
        let value = self.eval(body, env)?;
        self.depth -= 1;
        Ok(Done::Value(value))
    }
}

/// `config._module.args.${name}`
fn argument(evaluator: &mut Evaluator, site: Site, env: u32) -> R<Value> {
    let variable = |evaluator: &Evaluator, number| evaluator.heap.env_slot(env, number);
    let (args, name) = (variable(evaluator, ARGS), variable(evaluator, NAME));
    let depth = evaluator.depth;
    match find_argument(evaluator, site, args, name) {
        Ok(value) => Ok(value),
        Err(raised) => {
            evaluator.depth = depth;
            let key = variable(evaluator, KEY);
            let raised = evaluator.add_context(raised, |evaluator| {
                let name = String::from_utf8_lossy(evaluator.heap.string(name)).into_owned();
                Ok(format!(
                    "noting that argument `{name}` is not externally provided, so querying \
                     `_module.args` instead, requiring `config`"
                ))
            });
            Err(evaluator.add_context(raised, |evaluator| {
                let name = String::from_utf8_lossy(evaluator.heap.string(name)).into_owned();
                let context =
                    "while evaluating the error message passed to builtins.addErrorContext";
                let key = evaluator.text_of(key, context)?;
                let key = String::from_utf8_lossy(&key);
                Ok(format!(
                    "while evaluating the module argument `{name}' in \"{key}\":"
                ))
            }))
        }
    }
}

fn find_argument(evaluator: &mut Evaluator, site: Site, args: Value, name: Value) -> R<Value> {
    let name = evaluator.string_to_symbol(name);
    match look_up(evaluator, args, name)? {
        Done::Value(value) => evaluator.force(value),
        Done::Otherwise => {
            let name = evaluator.name(name);
            let position = evaluator.place_of(site.original(&evaluator.heap));
            let message = format!("attribute '{name}' missing");
            evaluator.raise_at(ErrorKind::Evaluation, position, message)
        }
    }
}

fn look_up(evaluator: &mut Evaluator, args: Value, name: Symbol) -> R<Done<Value>> {
    let mut value = args;
    for step in [Name::Config, Name::Module, Name::ModuleArgs] {
        value = given!(evaluator.named(value, step));
        value = evaluator.force(value)?;
        if !value.is_attrs() {
            return Ok(Done::Otherwise);
        }
    }
    Ok(Done::Value(given!(evaluator.heap.attr(value, name))))
}
