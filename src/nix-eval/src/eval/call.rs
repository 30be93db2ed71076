//! Calls: functions, builtins, partial applications and sets with `__functor`.

use smallvec::SmallVec;

use super::{ErrorKind, Evaluator, R};
use crate::heap::{Kind, Value};
use crate::ir::op;
use crate::position::Position;
use crate::symbol::{Symbol, known};

/// What applying a function came to.
pub(crate) enum Applied {
    /// A value.
    Value(Value),
    /// The body of a function, to be evaluated.
    Body {
        /// Its code.
        code: u32,
        /// Its environment.
        env: u32,
    },
}

impl Evaluator {
    /// Calls `function`.
    ///
    /// # Errors
    /// What the call raises.
    pub fn call(&mut self, function: Value, args: &[Value], position: Position) -> R<Value> {
        let depth = self.depth;
        let function = self.force(function)?;
        let value = match self.begin_call(function, args)? {
            Applied::Value(value) => value,
            Applied::Body { code, env } => match self.eval(code, env) {
                Ok(value) => value,
                Err(raised) => {
                    self.locate(position);
                    return Err(raised);
                }
            },
        };
        self.depth = depth;
        Ok(value)
    }

    /// Calls with all arguments but does not evaluate the last body. The call depth stays raised;
    /// whoever evaluates the body puts it back.
    pub(super) fn begin_call(&mut self, function: Value, args: &[Value]) -> R<Applied> {
        self.enter_call(Position::NONE)?;
        let mut function = function;
        let mut rest = args;
        loop {
            let (applied, used) = self.apply(function, rest)?;
            rest = &rest[used..];
            if rest.is_empty() {
                return Ok(applied);
            }
            function = match applied {
                Applied::Value(value) => value,
                Applied::Body { code, env } => self.eval(code, env)?,
            };
        }
    }

    /// Applies `function` to as many of `args` as it takes; returns how many.
    fn apply(&mut self, function: Value, args: &[Value]) -> R<(Applied, usize)> {
        match self.heap.kind(function) {
            Kind::Lambda => {
                let (code, outer) = self.heap.lambda(function);
                self.apply_lambda(function, code, outer, args)
            }
            Kind::Builtin => {
                let index = function.as_builtin().unwrap_or_default() as usize;
                let arity = self.builtins[index].arity as usize;
                if args.len() < arity {
                    let partial = self.heap.new_partial(function, args);
                    return Ok((Applied::Value(partial), args.len()));
                }
                let value = self.call_builtin(index, &args[..arity])?;
                Ok((Applied::Value(value), arity))
            }
            Kind::Partial => {
                let inner = self.heap.partial_function(function);
                let count = self.heap.partial_length(function);
                let mut all: SmallVec<[Value; 6]> = (0..count)
                    .map(|i| self.heap.partial_arg(function, i))
                    .collect();
                all.extend_from_slice(args);
                let (applied, used) = self.apply(inner, &all)?;
                Ok((applied, used - count as usize))
            }
            Kind::Attrs => {
                let Some(functor) = self.heap.attr(function, known::FUNCTOR) else {
                    return self.not_a_function(function);
                };
                let result = self.call(functor, &[function, args[0]], Position::NONE);
                match result {
                    Ok(value) => Ok((Applied::Value(value), 1)),
                    Err(raised) => {
                        let text = "while calling a functor (an attribute set with a '__functor' attribute)";
                        self.frame(Position::NONE, text);
                        Err(raised)
                    }
                }
            }
            _ => self.not_a_function(function),
        }
    }

    #[cold]
    fn not_a_function<T>(&mut self, value: Value) -> R<T> {
        let found = self.describe(value);
        let shown = self.show_for_message(value);
        self.type_error(format!(
            "attempt to call something which is not a function but {found}: {shown}"
        ))
    }

    fn call_builtin(&mut self, index: usize, args: &[Value]) -> R<Value> {
        self.stats.builtin_calls += 1;
        let function = self.builtins[index].function;
        let result = function(self, args);
        if result.is_err() {
            let name = self.builtins[index].name;
            self.frame(
                Position::NONE,
                format!("while calling the '{name}' builtin"),
            );
        }
        result
    }

    fn apply_lambda(
        &mut self,
        function: Value,
        code: u32,
        outer: u32,
        args: &[Value],
    ) -> R<(Applied, usize)> {
        let head = self.heap.code(code);
        if op::number(head) & op::SHARED != 0
            && let Some(&argument) = args.first()
            && let Some(value) = self.call_shared(function, argument)?
        {
            return Ok((Applied::Value(value), 1));
        }
        self.apply_unshared(function, code, outer, args)
    }

    fn apply_unshared(
        &mut self,
        function: Value,
        code: u32,
        outer: u32,
        args: &[Value],
    ) -> R<(Applied, usize)> {
        let head = self.heap.code(code);
        let body = self.heap.code(code + 1);
        self.stats.calls += 1;
        if op::operation(head) == op::LAMBDA_SET {
            let env = self.bind_formals(code, outer, args[0])?;
            return Ok((Applied::Body { code: body, env }, 1));
        }
        let arity = (op::number(head) & !op::SHARED) as usize;
        if args.len() < arity {
            let partial = self.heap.new_partial(function, args);
            return Ok((Applied::Value(partial), args.len()));
        }
        let env = self.heap.new_env(outer, arity as u32);
        for (slot, &arg) in args[..arity].iter().enumerate() {
            self.heap.set_env_slot(env, slot as u32, arg);
        }
        Ok((Applied::Body { code: body, env }, arity))
    }

    /// Calls a function of one argument whose calls are shared, whatever is known of it.
    pub(crate) fn call_unshared(&mut self, function: Value, argument: Value) -> R<Value> {
        let (code, outer) = self.heap.lambda(function);
        match self.apply_unshared(function, code, outer, &[argument])?.0 {
            Applied::Value(value) => Ok(value),
            Applied::Body { code, env } => self.eval(code, env),
        }
    }

    /// The environment of a function that takes a set.
    fn bind_formals(&mut self, code: u32, outer: u32, arg: Value) -> R<u32> {
        let context = "while evaluating the value passed for the lambda argument";
        let set = match self.force_attrs(arg, context) {
            Ok(set) => set,
            Err(raised) => {
                let position = Position(self.heap.code(code + 3));
                self.locate(position);
                return Err(raised);
            }
        };
        let flags = op::number(self.heap.code(code));
        let count = self.heap.code(code + 5);
        let named = u32::from(flags & op::LAMBDA_ARG != 0);
        if flags & op::LAMBDA_UNUSED != 0 {
            self.check_formals(code, set)?;
            let env = self.heap.new_env(outer, 1);
            self.heap.set_env_slot(env, 0, arg);
            return Ok(env);
        }
        let env = self.heap.new_env(outer, count + named);
        if named == 1 {
            self.heap.set_env_slot(env, 0, arg);
        }
        let mut used = 0;
        let mut fill = |evaluator: &mut Self, index: u32| {
            let at = code + 6 + index * 3;
            let name = Symbol(evaluator.heap.code(at));
            let value = if let Some(value) = evaluator.heap.attr(set, name) {
                used += 1;
                value
            } else {
                let default = evaluator.heap.code(at + 1);
                if default == 0 {
                    return evaluator.missing_argument(code, set).map(drop);
                }
                evaluator.suspend(default, env)
            };
            evaluator.heap.set_env_slot(env, index + named, value);
            Ok(())
        };
        if flags & op::LAMBDA_ALIASES == 0 {
            for index in 0..count {
                fill(self, index)?;
            }
        } else {
            let name = |evaluator: &Self, index| Symbol(evaluator.heap.code(code + 6 + index * 3));
            for index in self.filling_order(count, name) {
                fill(self, index)?;
            }
        }
        if flags & op::LAMBDA_ELLIPSIS == 0 && used != self.heap.attrs_length(set) {
            return self.unexpected_argument(code, set);
        }
        Ok(env)
    }

    /// Checks that a set has what a pattern asks for, and nothing else where that is forbidden.
    fn check_formals(&mut self, code: u32, set: Value) -> R<()> {
        let count = self.heap.code(code + 5);
        let checked = code + 6 + count * 3;
        let shape = self.heap.plain_shape(set);
        if shape.is_some_and(|shape| shape.0 == self.heap.code(checked)) {
            return Ok(());
        }
        let mut found = 0;
        for index in 0..count {
            let at = code + 6 + index * 3;
            if self.heap.attr(set, Symbol(self.heap.code(at))).is_some() {
                found += 1;
            } else if self.heap.code(at + 1) == 0 {
                return self.missing_argument(code, set).map(drop);
            }
        }
        let is_open = op::number(self.heap.code(code)) & op::LAMBDA_ELLIPSIS != 0;
        if !is_open && found != self.heap.attrs_length(set) {
            return self.unexpected_argument(code, set).map(drop);
        }
        if let Some(shape) = shape {
            self.heap.set_code(checked, shape.0);
        }
        Ok(())
    }

    pub(crate) fn lambda_label(&self, code: u32) -> String {
        match self.heap.code(code + 2).checked_sub(1) {
            Some(name) => self.name(Symbol(name)),
            None => "anonymous lambda".to_owned(),
        }
    }

    #[cold]
    fn missing_argument(&mut self, code: u32, set: Value) -> R<u32> {
        let label = self.lambda_label(code);
        let missing = self.formal_names(code).into_iter().enumerate();
        let missing = missing.filter(|&(index, name)| {
            self.heap.code(code + 7 + index as u32 * 3) == 0 && self.heap.attr(set, name).is_none()
        });
        let first = missing
            .map(|(_, name)| name)
            .min_by_key(|&name| self.symbols.rank(name));
        let name = first.map(|name| self.name(name)).unwrap_or_default();
        let position = Position(self.heap.code(code + 3));
        self.raise_at(
            ErrorKind::Type,
            position,
            format!("function '{label}' called without required argument '{name}'"),
        )
    }

    #[cold]
    fn unexpected_argument(&mut self, code: u32, set: Value) -> R<u32> {
        let formals: Vec<Symbol> = self.formal_names(code);
        let (_, shape) = self.heap.flat(set);
        let unexpected = self
            .symbol_order(shape)
            .into_iter()
            .map(|index| self.heap.shape_name(shape, index))
            .find(|name| !formals.contains(name));
        let name = unexpected.map(|name| self.name(name)).unwrap_or_default();
        let label = self.lambda_label(code);
        let names: Vec<String> = formals.iter().map(|&f| self.name(f)).collect();
        let mut error = super::EvalError::new(
            ErrorKind::Type,
            format!("function '{label}' called with unexpected argument '{name}'"),
        );
        error.position = Position(self.heap.code(code + 3));
        error.suggestions = super::report::nearest(&name, names.iter().map(String::as_str));
        self.raise(error)
    }

    /// The names that a function taking a set declares.
    pub(crate) fn formal_names(&self, code: u32) -> Vec<Symbol> {
        let count = self.heap.code(code + 5);
        (0..count)
            .map(|i| Symbol(self.heap.code(code + 6 + i * 3)))
            .collect()
    }

    /// Name, whether it has a default, and position of each declared argument; `None` for values
    /// that are not functions taking a set.
    #[must_use]
    pub fn formals(&self, function: Value) -> Option<Vec<(Symbol, bool, Position)>> {
        if !function.is_lambda() {
            return None;
        }
        let (code, _) = self.heap.lambda(function);
        if op::operation(self.heap.code(code)) != op::LAMBDA_SET {
            return None;
        }
        let count = self.heap.code(code + 5);
        Some(
            (0..count)
                .map(|index| {
                    let at = code + 6 + index * 3;
                    (
                        Symbol(self.heap.code(at)),
                        self.heap.code(at + 1) != 0,
                        Position(self.heap.code(at + 2)),
                    )
                })
                .collect(),
        )
    }

    /// Calls a function that takes a set with those of `args` that it declares, as the command
    /// line does; other values stay what they are (`autoCallFunction` in Nix's `eval.cc`).
    ///
    /// # Errors
    /// Where a declared argument has neither value nor default, and what the call raises.
    pub fn auto_call(&mut self, function: Value, args: &[(Symbol, Value)]) -> R<Value> {
        let function = self.force(function)?;
        if function.is_attrs()
            && let Some(functor) = self.heap.attr(function, known::FUNCTOR)
        {
            let value = self.call(functor, &[function], Position::NONE)?;
            return self.auto_call(value, args);
        }
        let Some(mut formals) = self.formals(function) else {
            return Ok(function);
        };
        let (code, _) = self.heap.lambda(function);
        let ellipsis = op::number(self.heap.code(code)) & op::LAMBDA_ELLIPSIS != 0;
        let mut set = crate::heap::AttrsBuilder::default();
        if ellipsis {
            for &(name, value) in args {
                set.push(name, value, Position::NONE);
            }
        }
        formals.sort_by_key(|formal| self.symbols.rank(formal.0));
        for (name, has_default, position) in formals {
            match args.iter().find(|arg| arg.0 == name) {
                Some(&(_, value)) if !ellipsis => set.push(name, value, Position::NONE),
                Some(_) => {}
                None if has_default || ellipsis => {}
                None => {
                    let name = self.name(name);
                    return self.raise_at(
                        ErrorKind::Type,
                        position,
                        format!(
                            "cannot evaluate a function that has an argument without a value \
                             ('{name}'); it must have its arguments supplied either by default \
                             values, or passed explicitly with '--arg' or '--argstr'"
                        ),
                    );
                }
            }
        }
        let set = set.finish(&mut self.heap);
        self.call(function, &[set], Position::NONE)
    }
}
