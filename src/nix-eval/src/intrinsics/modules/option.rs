//! One option: its declaration with all that is known of its value (`mergeOptionDecls`, `fixupOptionType`,
//! `evalOptionValue`).
//!
//! An option's environment lies in that of its name in a level (`level.rs`); its variables are the option
//! itself, and what `evalOptionValue` makes of it as it is written, where that is asked for.

use std::rc::Rc;

use super::definitions::{Definition, Definitions, Final, Form};
use super::level::{self, Declaration, Level, NameEnv, parts};
use crate::eval::{Evaluator, R};
use crate::heap::{Shape, Value};
use crate::intrinsics::known::{merge_modules as relied, option as literals};
use crate::intrinsics::names::Name;
use crate::intrinsics::{Done, Site, done, given};
use crate::position::Position;
use crate::symbol::Symbol;

/// The variables of an option's environment.
const OPTION: u32 = 0;
const AS_WRITTEN: u32 = 1;

/// What is added to a declaration.
const ADDED: [Name; 13] = [
    Name::Loc,
    Name::Declarations,
    Name::DeclarationPositions,
    Name::Options,
    Name::Type,
    Name::Value,
    Name::HighestPrio,
    Name::Definitions,
    Name::Files,
    Name::DefinitionsWithLocations,
    Name::IsDefined,
    Name::ValueMeta,
    Name::ToString,
];

/// What is added to declarations: name, where it was written, and which one of [`ADDED`] it is, by symbol.
pub(in crate::intrinsics) type Added = Rc<[(Symbol, Position, usize)]>;

impl Evaluator {
    /// What is added to declarations; `substitutes` where the type is made anew.
    fn added(&mut self, site: Site, substitutes: bool) -> Added {
        if let Some(known) = self.intrinsics.added.get(&(site.0, substitutes)) {
            return known.clone();
        }
        let heap = &self.heap;
        let header = site.header(heap);
        let fixup = header.callee(heap, relied::FIXUP_OPTION_TYPE);
        let declarations = header.callee(heap, relied::MERGE_OPTION_DECLS);
        // Later ones win.
        let literals = [
            declarations.shape(heap, literals::FIRST),
            declarations.shape(heap, literals::NEXT),
            fixup.shape(heap, usize::from(substitutes)),
            header
                .callee(heap, relied::EVAL_OPTION_VALUE)
                .shape(heap, literals::EVALUATED),
        ];
        let place = |symbol| {
            let find = |&shape: &Shape| Some((shape, heap.shape_find(shape, symbol)?));
            let found = literals.iter().rev().find_map(find);
            found.map_or(Position::NONE, |(shape, index)| {
                heap.shape_position(shape, index)
            })
        };
        let mut added: Vec<_> = ADDED
            .iter()
            .enumerate()
            .map(|(number, &name)| (self.known_name(name), number))
            .map(|(symbol, number)| (symbol, place(symbol), number))
            .collect();
        added.sort_by_key(|added| added.0);
        let added: Added = added.into();
        self.intrinsics
            .added
            .insert((site.0, substitutes), added.clone());
        added
    }

    /// The shape of an option that is declared with one of shape `declared`.
    fn option_shape(&mut self, added: &Added, declared: Shape) -> Shape {
        let key = (declared.0, added.as_ptr() as usize);
        if let Some(&known) = self.intrinsics.option_shapes.get(&key) {
            return known;
        }
        let heap = &self.heap;
        let own = (0..heap.shape_length(declared)).map(|index| {
            (
                heap.shape_name(declared, index),
                heap.shape_position(declared, index),
            )
        });
        let added_names = added.iter().map(|&(name, position, _)| (name, position));
        let mut all: Vec<(Symbol, Position)> = added_names.chain(own).collect();
        // Of two with one name the first stays, which is the one that was added.
        all.sort_by_key(|one| one.0);
        all.dedup_by_key(|one| one.0);
        let shape = self.heap.shape_of(all.iter().copied());
        self.intrinsics.option_shapes.insert(key, shape);
        shape
    }

    /// The option of this name with this one declaration, whose `options` were forced.
    pub(super) fn option(
        &mut self,
        site: Site,
        name: NameEnv,
        only: Declaration,
    ) -> R<Done<Value>> {
        let level = name.level(self);
        let declared = only.options;
        let mut substitutes = false;
        let mut option_type = Value::EMPTY;
        if let Some(slot) = self.named(declared, Name::Type) {
            option_type = slot;
            let forced = self.force(slot)?;
            if forced.is_attrs() && self.wraps(site, forced)? {
                return Ok(Done::Otherwise);
            }
            if forced.is_attrs()
                && let Some(modules) = self.named(forced, Name::GetSubModules)
            {
                substitutes = self.force(modules)? != Value::NULL;
            }
        }
        let env = self.env_of(name.0, &[Value::EMPTY, Value::EMPTY]);
        if option_type.is_empty() {
            let unspecified = given!(self.unspecified(site, level)?);
            option_type = unspecified;
        } else if substitutes {
            option_type = self.suspend_part(site, parts::SUBSTITUTED_TYPE, name.0);
        }
        let forced = self.force(option_type)?;
        if !forced.is_attrs() {
            return Ok(Done::Otherwise);
        }
        let deprecation = given!(self.named(forced, Name::DeprecationMessage));
        if self.force(deprecation)? != Value::NULL {
            return Ok(Done::Otherwise);
        }
        let (declared, declared_shape) = self.heap.flat(declared);
        let added = self.added(site, substitutes);
        let shape = self.option_shape(&added, declared_shape);
        let option = self.heap.new_attrs(shape);
        let as_written = self.suspend_part(site, parts::OPTION_AS_WRITTEN, env);
        self.heap.set_env_slot(env, OPTION, option);
        self.heap.set_env_slot(env, AS_WRITTEN, as_written);
        let mut next = added.iter().peekable();
        for index in 0..self.heap.shape_length(shape) {
            let name_here = self.heap.shape_name(shape, index);
            let value = match next.next_if(|added| added.0 == name_here) {
                Some(&(_, _, number)) => match ADDED[number] {
                    Name::Loc => level.location(self, site, name),
                    Name::Declarations => self.heap.new_list(&[only.file]),
                    Name::Options => self.heap.empty_list(),
                    Name::Type => option_type,
                    Name::DeclarationPositions => {
                        self.suspend_part(site, parts::DECLARATION_POSITIONS, name.0)
                    }
                    added => self.suspend_part(site, part_of(added), env),
                },
                None => match self.heap.shape_find(declared_shape, name_here) {
                    Some(own) => self.heap.attr_at(declared, own),
                    None => Value::NULL,
                },
            };
            self.heap.set_attr(option, index, value);
        }
        Ok(Done::Value(option))
    }

    /// Whether `mergeOptionDecls` changes a type.
    fn wraps(&mut self, site: Site, option_type: Value) -> R<bool> {
        let header = site.header(&self.heap);
        let merge = header.callee(&self.heap, relied::MERGE_OPTION_DECLS);
        let known = merge.header(&self.heap).known(&self.heap);
        if !known.wraps_types() {
            return Ok(false);
        }
        let Some(functor) = self.named(option_type, Name::Functor) else {
            return Ok(false);
        };
        let functor = self.force(functor)?;
        let message = Name::WrappedDeprecationMessage;
        Ok(functor.is_attrs() && self.named(functor, message).is_some())
    }

    /// `types.unspecified`
    fn unspecified(&mut self, site: Site, level: Level) -> R<Option<Value>> {
        let types = site.header(&self.heap).variable(&self.heap, relied::TYPES);
        let types = self.operand(types, level.outer(self, site))?;
        Ok(types
            .is_attrs()
            .then(|| self.named(types, Name::Unspecified))
            .flatten())
    }

    /// The option with several declarations, or one out of the ordinary, as it is written.
    pub(super) fn option_as_written(&mut self, site: Site, name: NameEnv) -> R<Value> {
        let level = name.level(self);
        let loc = level.location(self, site, name);
        let declarations = level::declaration_sets(self, site, name);
        let option = self.call_relied(
            site,
            level,
            relied::MERGE_OPTION_DECLS,
            &[loc, declarations],
        )?;
        let option = self.call_relied(site, level, relied::FIXUP_OPTION_TYPE, &[loc, option])?;
        let definitions = self.suspend_part(site, parts::DEFINITION_SETS, name.0);
        self.call_relied(
            site,
            level,
            relied::EVAL_OPTION_VALUE,
            &[loc, option, definitions],
        )
    }

    /// What `evalOptionValue` gives for these arguments, as it is written.
    fn evaluated_as_written(&mut self, site: Site, level: Level, args: &[Value]) -> R<Value> {
        let header = site.header(&self.heap);
        let outer = level.outer(self, site);
        let (callee, closure) = self.relied_function(header, relied::EVAL_OPTION_VALUE, outer)?;
        self.as_written(callee, closure, args)
    }

    /// Calls a function that `mergeModules'` relies on.
    fn call_relied(&mut self, site: Site, level: Level, number: usize, args: &[Value]) -> R<Value> {
        let code = site.header(&self.heap).variable(&self.heap, number);
        let function = self.operand(code, level.outer(self, site))?;
        self.call(function, args, Position::NONE)
    }
}

/// The part that an attribute of an option is.
fn part_of(name: Name) -> usize {
    match name {
        Name::Value => parts::OPTION_VALUE,
        Name::HighestPrio => parts::OPTION_PRIORITY,
        Name::Definitions => parts::OPTION_DEFINITIONS,
        Name::Files => parts::OPTION_FILES,
        Name::DefinitionsWithLocations => parts::OPTION_LOCATED,
        Name::IsDefined => parts::OPTION_IS_DEFINED,
        Name::ValueMeta => parts::OPTION_META,
        _ => parts::OPTION_TO_STRING,
    }
}

/// The option of an environment.
fn option_of(evaluator: &Evaluator, env: u32) -> Value {
    evaluator.heap.env_slot(env, OPTION)
}

fn name_of(evaluator: &Evaluator, env: u32) -> NameEnv {
    NameEnv(evaluator.heap.env_up(env))
}

/// What `evalOptionValue` gives for the option as it is written.
pub(super) fn as_written(evaluator: &mut Evaluator, site: Site, env: u32) -> R<Value> {
    let name = name_of(evaluator, env);
    let level = name.level(evaluator);
    let loc = level.location(evaluator, site, name);
    let option = option_of(evaluator, env);
    let definitions = evaluator.suspend_part(site, parts::DEFINITION_SETS, name.0);
    evaluator.evaluated_as_written(site, level, &[loc, option, definitions])
}

/// An attribute of the option as it is written.
fn written(evaluator: &mut Evaluator, env: u32, name: Name) -> R<Value> {
    let option = evaluator.heap.env_slot(env, AS_WRITTEN);
    let option = evaluator.force(option)?;
    match evaluator.named(option, name) {
        Some(value) => evaluator.force(value),
        None => evaluator.fail("an option lacks what all options have"),
    }
}

/// All definitions of an option, its default among them (`defs'`).
fn all_definitions(evaluator: &mut Evaluator, site: Site, env: u32) -> R<Done<Definitions>> {
    let option = option_of(evaluator, env);
    let mut definitions = Definitions::new();
    if let Some(value) = evaluator.named(option, Name::Default) {
        let files = given!(evaluator.named(option, Name::Declarations));
        if !files.is_list() || evaluator.heap.list_length(files) == 0 {
            return Ok(Done::Otherwise);
        }
        definitions.push(Definition {
            file: evaluator.heap.list_item(files, 0),
            value,
            form: Form::Default,
        });
    }
    let name = name_of(evaluator, env);
    level::definitions_of(evaluator, site, name, &mut definitions)?;
    Ok(Done::Value(definitions))
}

/// The value of an option, and what is to be applied to it.
fn value_or_otherwise(evaluator: &mut Evaluator, site: Site, env: u32) -> R<Done<Value>> {
    let option = option_of(evaluator, env);
    let Some(apply) = evaluator.named(option, Name::Apply) else {
        return merged_or_otherwise(evaluator, site, env);
    };
    let merged = evaluator.suspend_part(site, parts::OPTION_MERGED, env);
    evaluator
        .call(apply, &[merged], Position::NONE)
        .map(Done::Value)
}

fn merged_or_otherwise(evaluator: &mut Evaluator, site: Site, env: u32) -> R<Done<Value>> {
    let option = option_of(evaluator, env);
    let definitions = done!(final_definitions(evaluator, site, env));
    let option_type = given!(evaluator.named(option, Name::Type));
    let loc = given!(evaluator.named(option, Name::Loc));
    let merge = site
        .header(&evaluator.heap)
        .callee(&evaluator.heap, relied::MERGE_DEFINITIONS);
    evaluator.merged_value(merge, loc, option_type, &definitions.definitions)
}

/// `mergedValue` for what is to be applied.
pub(super) fn merged(evaluator: &mut Evaluator, site: Site, env: u32) -> R<Value> {
    match merged_or_otherwise(evaluator, site, env)? {
        Done::Value(value) => Ok(value),
        Done::Otherwise => {
            let name = name_of(evaluator, env);
            let level = name.level(evaluator);
            let loc = level.location(evaluator, site, name);
            let option = option_of(evaluator, env);
            merged_as_written(evaluator, site, (name, level), loc, option)
        }
    }
}

/// `mergedValue` as `mergeDefinitions` has it.
fn merged_as_written(
    evaluator: &mut Evaluator,
    site: Site,
    (name, level): (NameEnv, Level),
    loc: Value,
    option: Value,
) -> R<Value> {
    // Without `apply` the value is what was merged.
    let apply = evaluator.known_name(Name::Apply);
    let bare = evaluator.without(option, apply);
    let definitions = evaluator.suspend_part(site, parts::DEFINITION_SETS, name.0);
    let option = evaluator.evaluated_as_written(site, level, &[loc, bare, definitions])?;
    match evaluator.named(option, Name::Value) {
        Some(value) => evaluator.force(value),
        None => evaluator.fail("an option lacks a value"),
    }
}

/// The definitions of an option that count.
fn final_definitions(evaluator: &mut Evaluator, site: Site, env: u32) -> R<Done<Final>> {
    let definitions = done!(checked_definitions(evaluator, site, env));
    evaluator.final_definitions(&definitions)
}

/// All definitions of an option, where it may have so many.
fn checked_definitions(evaluator: &mut Evaluator, site: Site, env: u32) -> R<Done<Definitions>> {
    let option = option_of(evaluator, env);
    let definitions = done!(all_definitions(evaluator, site, env));
    if let Some(read_only) = evaluator.named(option, Name::ReadOnly) {
        match evaluator.force(read_only)? {
            Value::TRUE if definitions.len() <= 1 => {}
            Value::FALSE => {}
            _ => return Ok(Done::Otherwise),
        }
    }
    Ok(Done::Value(definitions))
}

/// `value`
pub(super) fn value(evaluator: &mut Evaluator, site: Site, env: u32) -> R<Value> {
    let depth = evaluator.depth;
    let result = match value_or_otherwise(evaluator, site, env) {
        Ok(Done::Value(value)) => return Ok(value),
        Ok(Done::Otherwise) => return written(evaluator, env, Name::Value),
        Err(raised) => raised,
    };
    evaluator.depth = depth;
    let name = name_of(evaluator, env);
    let level = name.level(evaluator);
    Err(evaluator.add_context(result, |evaluator| {
        let loc = level.location(evaluator, site, name);
        let show = site
            .header(&evaluator.heap)
            .variable(&evaluator.heap, relied::SHOW_OPTION);
        let show = evaluator.operand(show, level.outer(evaluator, site))?;
        let shown = evaluator.call(show, &[loc], Position::NONE)?;
        let context = "while evaluating the error message passed to builtins.addErrorContext";
        let shown = evaluator.text_of(shown, context)?;
        let shown = String::from_utf8_lossy(&shown);
        Ok(format!("while evaluating the option `{shown}':"))
    }))
}

/// What `look` finds in the definitions that count, or the attribute as it is written.
fn look(
    evaluator: &mut Evaluator,
    site: Site,
    env: u32,
    name: Name,
    look: impl FnOnce(&mut Evaluator, &Final) -> R<Value>,
) -> R<Value> {
    match final_definitions(evaluator, site, env)? {
        Done::Value(found) => look(evaluator, &found),
        Done::Otherwise => written(evaluator, env, name),
    }
}

/// `highestPrio`: that asks for no value.
pub(super) fn priority(evaluator: &mut Evaluator, site: Site, env: u32) -> R<Value> {
    if let Done::Value(definitions) = checked_definitions(evaluator, site, env)?
        && let Done::Value(found) = evaluator.filtered_definitions(&definitions)?
    {
        return evaluator.force(found.priority);
    }
    written(evaluator, env, Name::HighestPrio)
}

/// `isDefined`
pub(super) fn is_defined(evaluator: &mut Evaluator, site: Site, env: u32) -> R<Value> {
    look(evaluator, site, env, Name::IsDefined, |_, found| {
        Ok(Value::bool(!found.definitions.is_empty()))
    })
}

/// `definitions`
pub(super) fn definitions(evaluator: &mut Evaluator, site: Site, env: u32) -> R<Value> {
    look(
        evaluator,
        site,
        env,
        Name::Definitions,
        |evaluator, found| {
            let values: Vec<Value> = found.definitions.iter().map(|one| one.value).collect();
            Ok(evaluator.heap.new_list(&values))
        },
    )
}

/// `files`
pub(super) fn files(evaluator: &mut Evaluator, site: Site, env: u32) -> R<Value> {
    look(evaluator, site, env, Name::Files, |evaluator, found| {
        let files: Vec<Value> = found.definitions.iter().map(|one| one.file).collect();
        Ok(evaluator.heap.new_list(&files))
    })
}

/// `definitionsWithLocations`
pub(super) fn located(evaluator: &mut Evaluator, site: Site, env: u32) -> R<Value> {
    look(
        evaluator,
        site,
        env,
        Name::DefinitionsWithLocations,
        |evaluator, found| {
            let merge = site.header(&evaluator.heap);
            let merge = merge.callee(&evaluator.heap, relied::MERGE_DEFINITIONS);
            Ok(evaluator.definition_list(merge, &found.definitions))
        },
    )
}

/// `valueMeta`
pub(super) fn meta(evaluator: &mut Evaluator, _: Site, env: u32) -> R<Value> {
    written(evaluator, env, Name::ValueMeta)
}

/// `__toString`
pub(super) fn to_string(evaluator: &mut Evaluator, _: Site, env: u32) -> R<Value> {
    written(evaluator, env, Name::ToString)
}

/// `declarationPositions`, of the only declaration of a name.
#[expect(clippy::unnecessary_wraps, reason = "as all parts")]
pub(super) fn declaration_positions(evaluator: &mut Evaluator, site: Site, env: u32) -> R<Value> {
    let name = NameEnv(env);
    let only = name.declaration(evaluator, 0);
    let position = level::position(evaluator, name, only);
    let position = if position == Value::NULL {
        let callee = site.header(&evaluator.heap);
        let callee = callee.callee(&evaluator.heap, relied::MERGE_OPTION_DECLS);
        let values = [only.file, Value::NULL, Value::NULL];
        callee.literal(&mut evaluator.heap, literals::NOWHERE, &values)
    } else {
        position
    };
    Ok(evaluator.heap.new_list(&[position]))
}

/// The type of the only declaration of a name, with its submodules told where they were declared.
pub(super) fn substituted_type(evaluator: &mut Evaluator, site: Site, env: u32) -> R<Value> {
    let name = NameEnv(env);
    let only = name.declaration(evaluator, 0);
    let declared = evaluator.force(only.options)?;
    let slot = evaluator.named(declared, Name::Type).unwrap_or(Value::NULL);
    let option_type = evaluator.force(slot)?;
    let modules = evaluator
        .named(option_type, Name::GetSubModules)
        .unwrap_or(Value::NULL);
    let modules = evaluator.force_list(
        modules,
        "while evaluating the second argument passed to builtins.map",
    )?;
    let header = site.header(&evaluator.heap);
    let merge = header
        .callee(&evaluator.heap, relied::MERGE_OPTION_DECLS)
        .header(&evaluator.heap);
    let located = merge.callee(&evaluator.heap, literals::SET_DEFAULT_LOCATION);
    let count = evaluator.heap.list_length(modules);
    let list = evaluator.heap.new_list_of_length(count);
    for index in 0..count {
        let module = evaluator.heap.list_item(modules, index);
        let imports = evaluator.heap.new_list(&[module]);
        let set = located.literal(&mut evaluator.heap, 0, &[only.file, imports]);
        evaluator.heap.set_list_item(list, index, set);
    }
    let context = "while selecting an attribute";
    let substitute = evaluator.known_name(Name::SubstSubModules);
    let substitute = evaluator.need_attr(option_type, substitute, context)?;
    evaluator.call(substitute, &[list], Position::NONE)
}
