//! Evaluating code: one loop over operations, in which calls, conditionals and bodies in tail
//! position go round instead of deeper.

use smallvec::SmallVec;

use super::call::Applied;
use super::{ErrorKind, Evaluator, R};
use crate::heap::{ContextId, Kind, Shape, Value};
use crate::ir::op;
use crate::position::Position;
use crate::symbol::Symbol;

impl Evaluator {
    /// Evaluates `code` in `env` to a value that is not a thunk.
    ///
    /// # Errors
    /// What the expression raises.
    pub fn eval(&mut self, code: u32, env: u32) -> R<Value> {
        if self.stack_is_low() {
            return self.stack_overflow(self.place_of(code));
        }
        let depth = self.depth;
        let result = self.eval_loop(code, env);
        if result.is_ok() {
            self.depth = depth;
        } else {
            self.trace_code(code);
        }
        result
    }

    /// Evaluates an operand: variables without another turn of the loop.
    #[inline]
    pub(crate) fn operand(&mut self, code: u32, env: u32) -> R<Value> {
        let Some(slot) = self.local(code, env) else {
            return self.eval(code, env);
        };
        if slot.is_thunk() {
            return self.force_at(slot, code);
        }
        Ok(slot)
    }

    /// Forces the variable at `code`.
    #[inline]
    fn force_at(&mut self, slot: Value, code: u32) -> R<Value> {
        let result = self.force(slot);
        if result.is_err() {
            let position = self.place_of(code);
            self.locate_recursion(position);
        }
        result
    }

    #[cold]
    fn locate_recursion(&mut self, position: Position) {
        if let Some(error) = &mut self.error
            && error.kind == ErrorKind::InfiniteRecursion
            && !error.position.is_some()
        {
            error.position = position;
        }
    }

    /// The slot of a variable, or the value of a constant.
    #[inline]
    pub(crate) fn local(&self, code: u32, mut env: u32) -> Option<Value> {
        let head = self.heap.code(code);
        let number = op::number(head);
        match op::operation(head) {
            op::CONSTANT | op::LITERAL => Some(Value::from_word(self.heap.code(code + 1))),
            op::LOCAL => Some(self.heap.env_slot(env, number)),
            op::LOCAL_1 => Some(self.heap.env_slot(self.heap.env_up(env), number)),
            op::LOCAL_2 => {
                env = self.heap.env_up(self.heap.env_up(env));
                Some(self.heap.env_slot(env, number))
            }
            op::LOCAL_FAR => {
                for _ in 0..number {
                    env = self.heap.env_up(env);
                }
                Some(self.heap.env_slot(env, self.heap.code(code + 1)))
            }
            _ => None,
        }
    }

    fn eval_loop(&mut self, mut code: u32, mut env: u32) -> R<Value> {
        loop {
            let head = self.heap.code(code);
            match op::operation(head) {
                op::CONSTANT => return Ok(Value::from_word(self.heap.code(code + 1))),
                op::LOCAL | op::LOCAL_1 | op::LOCAL_2 | op::LOCAL_FAR | op::LITERAL => {
                    let slot = self.local(code, env).unwrap_or(Value::EMPTY);
                    if slot.is_empty() {
                        return self.unset_variable(code);
                    }
                    return self.force_at(slot, code);
                }
                op::WITH_VARIABLE => {
                    let slot = self.with_variable(code, env, op::number(head))?;
                    return self.force_at(slot, code);
                }
                op::SELECT => return self.select(code, env, op::number(head)),
                op::SELECT_OR => match self.select_or(code, env, op::number(head))? {
                    Some(value) => return Ok(value),
                    None => code = self.heap.code(code + 2),
                },
                op::HAS_ATTR => return self.has_attr(code, env, op::number(head)),
                op::ATTRS => return self.attrs(code, env, op::number(head)),
                op::LIST => {
                    let length = op::number(head);
                    let list = self.heap.new_list_of_length(length);
                    for index in 0..length {
                        let element = self.suspend(self.heap.code(code + 1 + index), env);
                        self.heap.set_list_item(list, index, element);
                    }
                    return Ok(list);
                }
                op::LAMBDA | op::LAMBDA_SET => return Ok(self.heap.new_lambda(code, env)),
                op::CALL => match self.call_code(code, env, op::number(head))? {
                    Applied::Value(value) => return Ok(value),
                    Applied::Body {
                        code: body,
                        env: inner,
                    } => {
                        code = body;
                        env = inner;
                    }
                },
                op::LET | op::LET_ALIASES => {
                    env = self.let_env(code, env, head);
                    code = self.heap.code(code + 1);
                }
                op::INTRINSIC => match self.run_intrinsic(code, env)? {
                    Some(value) => return Ok(value),
                    None => code = self.heap.code(code + 1),
                },
                op::RECOGNISED => code = self.heap.code(code + 1),
                op::PART => return self.run_part(code, env),
                op::WITH => {
                    let set = self.suspend(self.heap.code(code + 1), env);
                    env = self.heap.new_env(env, 1);
                    self.heap.set_env_slot(env, 0, set);
                    code = self.heap.code(code + 2);
                }
                op::IF => {
                    let condition = self.condition(
                        self.heap.code(code + 1),
                        env,
                        code,
                        "while evaluating a branch condition",
                    )?;
                    code = self.heap.code(code + if condition { 2 } else { 3 });
                }
                op::ASSERT => {
                    let condition = self.condition(
                        self.heap.code(code + 1),
                        env,
                        code,
                        "in the condition of the assert statement",
                    )?;
                    if !condition {
                        return self.assertion_failed(code, env);
                    }
                    code = self.heap.code(code + 2);
                }
                op::NOT => {
                    let operand = self.condition(
                        self.heap.code(code + 1),
                        env,
                        code,
                        "in the argument of the not operator",
                    )?;
                    return Ok(Value::bool(!operand));
                }
                operation @ (op::EQUAL | op::NOT_EQUAL) => {
                    let left = self.operand(self.heap.code(code + 1), env)?;
                    let right = self.operand(self.heap.code(code + 2), env)?;
                    let equal = self.equal_operands(left, right, code)?;
                    return Ok(Value::bool(equal == (operation == op::EQUAL)));
                }
                operation @ (op::AND | op::OR | op::IMPLIES) => {
                    let name = match operation {
                        op::AND => "AND (&&)",
                        op::OR => "OR (||)",
                        _ => "IMPL (->)",
                    };
                    let left = self.condition_of(code, 1, env, "left", name)?;
                    if left == (operation == op::OR) {
                        return Ok(Value::bool(operation != op::AND));
                    }
                    let right = self.condition_of(code, 2, env, "right", name)?;
                    return Ok(Value::bool(right));
                }
                op::UPDATE => return self.update(code, env),
                op::CONCAT_LISTS => {
                    let left = self.operand(self.heap.code(code + 1), env)?;
                    let right = self.operand(self.heap.code(code + 2), env)?;
                    let context = "while evaluating one of the elements to concatenate";
                    for list in [left, right] {
                        if !list.is_list() {
                            let raised = self.wrong_type(list, "a list", context);
                            let position = self.place_of(code);
                            self.locate(position);
                            return raised;
                        }
                    }
                    return Ok(self.heap.concat_lists(&[left, right]));
                }
                op::CONCAT => return self.concat(code, env, op::number(head)),
                op::CURRENT_POSITION => {
                    let position = Position(self.heap.code(code + 1));
                    return Ok(self.position_value(position));
                }
                operation => {
                    let left = self.operand(self.heap.code(code + 1), env);
                    let right = self.heap.code(code + 2);
                    return self.arithmetic(operation, left, right, env, code);
                }
            }
        }
    }

    #[cold]
    fn unset_variable(&mut self, code: u32) -> R<Value> {
        let position = self.place_of(code);
        let message = "infinite recursion encountered".to_owned();
        self.raise_at(ErrorKind::InfiniteRecursion, position, message)
    }

    #[cold]
    fn assertion_failed(&mut self, code: u32, env: u32) -> R<Value> {
        let shown = Value::from_word(self.heap.code(code + 3));
        let shown = String::from_utf8_lossy(self.heap.string(shown)).into_owned();
        let position = self.place_of(code);
        let condition = self.heap.code(code + 1);
        if self.heap.code(condition) == op::EQUAL {
            let left = self.operand(self.heap.code(condition + 1), env)?;
            let right = self.operand(self.heap.code(condition + 2), env)?;
            if let Err(raised) = self.assert_equal_operands(left, right, self.place_of(condition)) {
                self.locate(position);
                let text = format!("while evaluating the condition of the assertion '{shown}'");
                self.frame(position, text);
                return Err(raised);
            }
        }
        self.raise_at(
            ErrorKind::Assertion,
            position,
            format!("assertion '{shown}' failed"),
        )
    }

    /// What `code` would evaluate to, as a value where that is known without evaluating, else as
    /// a thunk.
    #[inline]
    pub(crate) fn suspend(&mut self, code: u32, env: u32) -> Value {
        let head = self.heap.code(code);
        match op::operation(head) {
            op::CONSTANT => {
                let value = Value::from_word(self.heap.code(code + 1));
                if self.settings.exact_laziness && value == self.heap.empty_attrs() {
                    return self.heap.new_thunk(code, env);
                }
                value
            }
            op::LOCAL | op::LOCAL_1 | op::LOCAL_2 | op::LOCAL_FAR => match self.local(code, env) {
                Some(slot) if !slot.is_empty() => slot,
                _ => self.heap.new_thunk(code, env),
            },
            op::LITERAL => Value::from_word(self.heap.code(code + 1)),
            op::LAMBDA | op::LAMBDA_SET if !self.settings.exact_laziness => {
                self.heap.new_lambda(code, env)
            }
            op::SELECT if op::number(head) == 1 && !self.settings.exact_laziness => {
                match self.known_attr(code, env) {
                    Some(slot) => slot,
                    None => self.heap.new_thunk(code, env),
                }
            }
            _ => self.heap.new_thunk(code, env),
        }
    }

    /// The value that a selection leads to, where set and value are there already: no work is done
    /// that could fail or not end. Functions and floats are left out: Nix makes a new thunk here,
    /// and `==` tells by it that two slots with one function are not the same.
    #[inline]
    fn known_attr(&mut self, code: u32, env: u32) -> Option<Value> {
        let mut set = self.local(self.heap.code(code + 1), env)?;
        if set.is_thunk() {
            if set.is_empty() {
                return None;
            }
            set = self.heap.thunk_value(set)?;
        }
        if !set.is_attrs() {
            return None;
        }
        let name = self.heap.code(code + 4);
        if name & 1 == 1 {
            return None;
        }
        let mut value = self.cached_attr(set, Symbol(name >> 1), code)?;
        if value.is_thunk() {
            value = self.heap.thunk_value(value)?;
        }
        match self.heap.kind(value) {
            Kind::Lambda | Kind::Builtin | Kind::Partial | Kind::Float => None,
            _ => Some(value),
        }
    }

    /// An attribute by the cache of the `SELECT` at `code`.
    #[inline]
    fn cached_attr(&mut self, set: Value, name: Symbol, code: u32) -> Option<Value> {
        let Some(shape) = self.heap.plain_shape(set) else {
            return self.heap.attr(set, name);
        };
        if self.heap.code(code + 2) == shape.0 {
            return Some(self.heap.attr_at(set, self.heap.code(code + 3)));
        }
        let index = self.heap.shape_find(shape, name)?;
        self.heap.set_code(code + 2, shape.0);
        self.heap.set_code(code + 3, index);
        Some(self.heap.attr_at(set, index))
    }

    pub(super) fn select_cached(&mut self, set: Value, name: Symbol, code: u32) -> Option<Value> {
        self.cached_attr(set, name, code)
    }

    fn condition_of(
        &mut self,
        code: u32,
        word: u32,
        env: u32,
        side: &str,
        operator: &str,
    ) -> R<bool> {
        let value = self.operand(self.heap.code(code + word), env);
        self.as_bool(value, code, |this| {
            let _ = this;
            format!("in the {side} operand of the {operator} operator")
        })
    }

    fn condition(&mut self, operand: u32, env: u32, code: u32, context: &str) -> R<bool> {
        let value = self.decide_condition(operand, env);
        self.as_bool(value, code, |_| context.to_owned())
    }

    #[inline]
    fn as_bool(
        &mut self,
        value: R<Value>,
        code: u32,
        context: impl Fn(&Self) -> String,
    ) -> R<bool> {
        match value {
            Ok(Value::TRUE) => Ok(true),
            Ok(Value::FALSE) => Ok(false),
            Ok(other) => {
                let text = context(self);
                let raised = self.wrong_type(other, "a Boolean", &text);
                let position = self.place_of(code);
                self.locate(position);
                raised
            }
            Err(raised) => {
                let text = context(self);
                let position = self.place_of(code);
                self.frame(position, text);
                Err(raised)
            }
        }
    }

    fn with_variable(&mut self, code: u32, env: u32, withs: u32) -> R<Value> {
        let name = Symbol(self.heap.code(code + 1));
        for index in 0..withs {
            let mut at = env;
            for _ in 0..self.heap.code(code + 2 + index) {
                at = self.heap.env_up(at);
            }
            let set = self.heap.env_slot(at, 0);
            let context = "while evaluating the first subexpression of a with expression";
            let set = self.force_attrs(set, context)?;
            if let Some(slot) = self.heap.attr(set, name) {
                return Ok(slot);
            }
        }
        let position = self.place_of(code);
        let name = self.name(name);
        self.raise_at(
            ErrorKind::UndefinedVariable,
            position,
            format!("undefined variable '{name}'"),
        )
    }

    fn entry(&mut self, word: u32, own: u32, outside: u32, sources: u32) -> Value {
        let env = match word & 3 {
            op::ENTRY_PLAIN => own,
            op::ENTRY_INHERITED => outside,
            _ => sources,
        };
        self.suspend(word >> 2, env)
    }

    /// The environment that holds the sources of `inherit (source)`.
    fn sources_env(&mut self, at: u32, count: u32, env: u32) -> u32 {
        let sources = self.heap.new_env(env, count);
        for index in 0..count {
            let source = self.suspend(self.heap.code(at + index), env);
            self.heap.set_env_slot(sources, index, source);
        }
        sources
    }

    /// The order in which Nix fills the slots of a scope in which one name stands for another: the
    /// name that is filled later shares the other's value, the earlier one gets a thunk of its own.
    pub(super) fn filling_order(
        &self,
        count: u32,
        name: impl Fn(&Self, u32) -> Symbol,
    ) -> SmallVec<[u32; 16]> {
        let mut order: SmallVec<[u32; 16]> = (0..count).collect();
        if !self.symbols.is_ranked_by_itself() {
            order.sort_unstable_by_key(|&slot| self.symbols.rank(name(self, slot)));
        }
        order
    }

    fn let_env(&mut self, code: u32, env: u32, head: u32) -> u32 {
        let count = op::number(head);
        let own = self.heap.new_env(env, count);
        let source_count = self.heap.code(code + 2);
        let sources = if source_count == 0 {
            0
        } else {
            self.sources_env(code + 3, source_count, own)
        };
        let entries = code + 3 + source_count;
        let fill = |evaluator: &mut Self, slot: u32| {
            let entry = evaluator.heap.code(entries + slot);
            let value = evaluator.entry(entry, own, env, sources);
            evaluator.heap.set_env_slot(own, slot, value);
        };
        if op::operation(head) == op::LET {
            for slot in 0..count {
                fill(self, slot);
            }
            return own;
        }
        let names = entries + count;
        let name = |evaluator: &Self, slot| Symbol(evaluator.heap.code(names + slot));
        for slot in self.filling_order(count, name) {
            fill(self, slot);
        }
        own
    }

    fn attrs(&mut self, code: u32, env: u32, flags: u32) -> R<Value> {
        let shape = Shape(self.heap.code(code + 1));
        let count = self.heap.code(code + 2);
        if flags != 0 {
            return self.attrs_with_flags(code, env, flags, shape, count);
        }
        let set = self.heap.new_attrs(shape);
        for index in 0..count {
            let value = self.suspend(self.heap.code(code + 3 + index) >> 2, env);
            self.heap.set_attr(set, index, value);
        }
        Ok(set)
    }

    fn attrs_with_flags(
        &mut self,
        code: u32,
        env: u32,
        flags: u32,
        shape: Shape,
        count: u32,
    ) -> R<Value> {
        let recursive = flags & op::ATTRS_RECURSIVE != 0;
        let own = if recursive {
            self.heap.new_env(env, count)
        } else {
            env
        };
        let mut next = code + 3 + count;
        let mut sources = 0;
        if flags & op::ATTRS_INHERIT != 0 {
            let source_count = self.heap.code(next);
            sources = self.sources_env(next + 1, source_count, own);
            next += 1 + source_count;
        }
        let set = self.heap.new_attrs(shape);
        let overridden = flags & op::ATTRS_OVERRIDES != 0;
        let fill = |evaluator: &mut Self, index: u32| {
            let word = evaluator.heap.code(code + 3 + index);
            let value = if overridden && word & 3 != op::ENTRY_INHERITED {
                let env = if word & 3 == op::ENTRY_PLAIN {
                    own
                } else {
                    sources
                };
                evaluator.heap.new_thunk(word >> 2, env)
            } else {
                evaluator.entry(word, own, env, sources)
            };
            evaluator.heap.set_attr(set, index, value);
            if recursive {
                evaluator.heap.set_env_slot(own, index, value);
            }
        };
        if flags & op::ATTRS_ALIASES == 0 {
            for index in 0..count {
                fill(self, index);
            }
        } else {
            let name = |evaluator: &Self, index| evaluator.heap.shape_name(shape, index);
            for index in self.filling_order(count, name) {
                fill(self, index);
            }
        }
        let mut set = set;
        let dynamic = next;
        if flags & op::ATTRS_DYNAMIC != 0 {
            next += 1 + self.heap.code(next) * 3;
        }
        if overridden {
            set = self.apply_overrides(set, shape, own, self.heap.code(next))?;
        }
        if flags & op::ATTRS_DYNAMIC != 0 {
            set = self.add_dynamic(set, dynamic, own)?;
        }
        Ok(set)
    }

    /// The call at `code`: the value where it is one already, else the body to go on with.
    fn call_code(&mut self, code: u32, env: u32, count: u32) -> R<Applied> {
        let function = self.operand(self.heap.code(code + 1), env)?;
        if function.is_lambda() {
            let (lambda, outer) = self.heap.lambda(function);
            let head = self.heap.code(lambda);
            if head == op::head(op::LAMBDA, count) {
                let inner = self.heap.new_env(outer, count);
                for slot in 0..count {
                    let arg = self.suspend(self.heap.code(code + 2 + slot), env);
                    self.heap.set_env_slot(inner, slot, arg);
                }
                self.depth += 1;
                if self.depth > self.settings.max_call_depth {
                    let position = self.place_of(code);
                    return self.stack_overflow(position);
                }
                self.stats.calls += 1;
                return Ok(Applied::Body {
                    code: self.heap.code(lambda + 1),
                    env: inner,
                });
            }
        }
        let mut args: SmallVec<[Value; 6]> = SmallVec::new();
        for index in 0..count {
            args.push(self.suspend(self.heap.code(code + 2 + index), env));
        }
        let result = self.begin_call(function, &args);
        if result.is_err() {
            self.trace_call(code);
        }
        result
    }

    fn update(&mut self, code: u32, env: u32) -> R<Value> {
        let mut queue: SmallVec<[Value; 4]> = SmallVec::new();
        self.update_operands(code, env, &mut queue)?;
        self.stats.updates += queue.len() as u64 - 1;
        let mut result = self.heap.empty_attrs();
        for &set in queue.iter().rev() {
            result = self.heap.update(result, set);
        }
        Ok(result)
    }

    /// The operands of a chain of `//`, rightmost first: that is the order of evaluation.
    fn update_operands(&mut self, code: u32, env: u32, queue: &mut SmallVec<[Value; 4]>) -> R<()> {
        for (word, side) in [(2, "right"), (1, "left")] {
            let operand = self.heap.code(code + word);
            if op::operation(self.heap.code(operand)) == op::UPDATE {
                if self.stack_is_low() {
                    return self.stack_overflow(self.place_of(code));
                }
                self.update_operands(operand, env, queue)?;
                continue;
            }
            let value = self.operand(operand, env)?;
            if !value.is_attrs() {
                let context = format!("in the {side} operand of the update (//) operator");
                let raised = self.wrong_type(value, "a set", &context);
                let position = self.place_of(code);
                self.locate(position);
                return raised;
            }
            queue.push(value);
        }
        Ok(())
    }

    fn arithmetic(
        &mut self,
        operation: u32,
        left: R<Value>,
        right: u32,
        env: u32,
        code: u32,
    ) -> R<Value> {
        let result = match left {
            Ok(left) => match self.operand(right, env) {
                Ok(right) => self.arithmetic_values(operation, left, right),
                Err(raised) => Err(raised),
            },
            Err(raised) => Err(raised),
        };
        if result.is_err() {
            let position = self.place_of(code);
            self.locate(position);
        }
        result
    }

    #[inline]
    fn arithmetic_values(&mut self, operation: u32, left: Value, right: Value) -> R<Value> {
        match operation {
            op::LESS_THAN => {
                if let (Some(a), Some(b)) = (left.as_small_int(), right.as_small_int()) {
                    return Ok(Value::bool(a < b));
                }
                self.less_than(left, right).map(Value::bool)
            }
            op::SUBTRACT => self.subtract(left, right),
            op::MULTIPLY => self.multiply(left, right),
            _ => self.divide(left, right),
        }
    }

    /// `a + b`, `"…${a}…"` and `./…${a}`: what comes first decides what it is.
    fn concat(&mut self, code: u32, env: u32, number: u32) -> R<Value> {
        let force_string = number & 1 == 1;
        let count = number / 2;
        let first = self.operand(self.heap.code(code + 1), env)?;
        if !force_string {
            match self.heap.kind(first) {
                Kind::Int | Kind::Float => return self.add_numbers(first, code, env, count),
                _ => {}
            }
        }
        let is_path = !force_string && self.heap.kind(first) == Kind::Path;
        let copy = force_string || first.is_string();
        let mut text = self.take_buffer();
        let mut context = ContextId::EMPTY;
        let mut value = first;
        for index in 0..count {
            if index > 0 {
                value = match self.operand(self.heap.code(code + 1 + index * 2), env) {
                    Ok(value) => value,
                    Err(raised) => {
                        self.give_buffer(text);
                        return Err(raised);
                    }
                };
            }
            if value.is_string() {
                text.extend_from_slice(self.heap.string(value));
                let more = self.heap.string_context(value);
                context = self.contexts.union(context, more);
                continue;
            }
            let options = super::coerce::Coercion {
                more: false,
                copy_to_store: copy,
                keep_slash: index == 0 && !force_string,
            };
            if let Err(raised) = self.coerce_into(
                value,
                options,
                &mut text,
                &mut context,
                "while evaluating a path segment",
            ) {
                let position = Position(self.heap.code(code + 2 + index * 2));
                self.locate(position);
                self.give_buffer(text);
                return Err(raised);
            }
        }
        let result = if is_path {
            if context != ContextId::EMPTY {
                let position = self.place_of(code);
                self.give_buffer(text);
                return self.raise_at(
                    ErrorKind::Evaluation,
                    position,
                    "a string that refers to a store path cannot be appended to a path".to_owned(),
                );
            }
            let path = crate::path::canonical(&text);
            self.new_path(&path)
        } else {
            self.heap.new_string(&text, context)
        };
        self.give_buffer(text);
        Ok(result)
    }

    fn add_numbers(&mut self, first: Value, code: u32, env: u32, count: u32) -> R<Value> {
        let mut sum = first;
        for index in 1..count {
            let value = self.operand(self.heap.code(code + 1 + index * 2), env)?;
            sum = match self.add(sum, value) {
                Ok(sum) => sum,
                Err(raised) => {
                    let position = Position(self.heap.code(code + 2 + index * 2));
                    self.locate(position);
                    return Err(raised);
                }
            };
        }
        Ok(sum)
    }
}
