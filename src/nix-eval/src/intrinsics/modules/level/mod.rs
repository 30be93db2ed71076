//! One level of the tree of options: which names are declared there, and what comes of each
//! (`mergeModules`, `mergeModules'`).
//!
//! A level has an environment, which lies in the one where `mergeModules'` was bound. Each name that is declared
//! has one in that of its level ([`environment`]). Declarations and definitions are kept as lists in which several
//! values belong together; they become lists of sets where a function as it was written is to have them
//! ([`written`]).

mod environment;
mod written;

use super::definitions::{Definition, Definitions, Form};
use super::option;
use crate::eval::{Evaluator, R};
use crate::heap::{AttrsBuilder, Value};
use crate::intrinsics::known::merge_modules as relied;
use crate::intrinsics::names::Name;
use crate::intrinsics::{Done, RunPart, Site, done, given};
use crate::position::Position;
use crate::symbol::Symbol;

use environment::{
    AS_WRITTEN, CONFIGS, DECLARATION, DECLARATIONS, DEFINITION, DEFINITIONS, MODULES, NAME,
    OPTIONS, OWN_NAME, PREFIX, RESULT, RESULTS, STRIDE, VARIABLES,
};
pub(super) use environment::{Declaration, Level, NameEnv};
pub(super) use written::declaration_sets;

/// The literals of the place.
const LEVEL: usize = 0;
const UNMATCHED_PREFIX: usize = 1;
const DECLARATION_SET: usize = 2;
pub(super) const RAW_DEFINITION: usize = 3;
const CONFIG_SET: usize = 4;

/// What is suspended, by number.
pub(super) mod parts {
    pub(crate) const OPTIONS: usize = 0;
    pub(crate) const UNMATCHED: usize = 1;
    pub(crate) const DEFINITIONS: usize = 2;
    pub(crate) const RESULT: usize = 3;
    pub(crate) const MATCHED: usize = 4;
    pub(crate) const PUSHED: usize = 5;
    pub(crate) const CONFIGS_OF_MODULES: usize = 6;
    pub(crate) const CONFIGS_OF_SETS: usize = 7;
    pub(crate) const AS_WRITTEN: usize = 8;
    pub(crate) const OPTION_VALUE: usize = 9;
    pub(crate) const OPTION_MERGED: usize = 10;
    pub(crate) const OPTION_PRIORITY: usize = 11;
    pub(crate) const OPTION_DEFINITIONS: usize = 12;
    pub(crate) const OPTION_FILES: usize = 13;
    pub(crate) const OPTION_LOCATED: usize = 14;
    pub(crate) const OPTION_IS_DEFINED: usize = 15;
    pub(crate) const OPTION_META: usize = 16;
    pub(crate) const OPTION_TO_STRING: usize = 17;
    pub(crate) const OPTION_AS_WRITTEN: usize = 18;
    pub(crate) const DECLARATION_POSITIONS: usize = 19;
    pub(crate) const SUBSTITUTED_TYPE: usize = 20;
    pub(crate) const CONFIG_SETS: usize = 21;
    pub(crate) const DEFINITION_SETS: usize = 22;
    pub(crate) const LOCATION: usize = 23;
}

/// The code of the parts.
pub(in crate::intrinsics) const PARTS: &[RunPart] = &[
    options,
    unmatched,
    definitions,
    result,
    matched,
    pushed,
    configs_of_modules,
    configs_of_sets,
    written::as_written,
    option::value,
    option::merged,
    option::priority,
    option::definitions,
    option::files,
    option::located,
    option::is_defined,
    option::meta,
    option::to_string,
    option::as_written,
    option::declaration_positions,
    option::substituted_type,
    written::config_sets,
    written::definition_sets,
    location,
];

/// `mergeModules prefix modules`
pub(in crate::intrinsics) fn merge_modules(
    evaluator: &mut Evaluator,
    site: Site,
    env: u32,
) -> R<Done<Value>> {
    let prefix = evaluator.heap.env_slot(env, 0);
    let modules = evaluator.heap.env_slot(env, 1);
    let header = site.header(&evaluator.heap);
    let outer = site.outer(&evaluator.heap, env);
    let number = relied::IN_MERGE_MODULES;
    let (callee, closure) = evaluator.relied_function(header, number, outer)?;
    let one = evaluator.heap.new_int(1);
    let level = evaluator.new_level(callee, closure, (prefix, modules, one));
    let configs = evaluator.suspend_part(callee, parts::CONFIGS_OF_MODULES, level.0);
    evaluator.heap.set_env_slot(level.0, CONFIGS, configs);
    Ok(Done::Value(evaluator.level_set(callee, level)))
}

/// `mergeModules' prefix modules configs`
#[expect(clippy::unnecessary_wraps, reason = "as all that runs at a place")]
pub(in crate::intrinsics) fn merge_modules_with(
    evaluator: &mut Evaluator,
    site: Site,
    env: u32,
) -> R<Done<Value>> {
    let prefix = evaluator.heap.env_slot(env, 0);
    let modules = evaluator.heap.env_slot(env, 1);
    let closure = evaluator.heap.env_up(env);
    let one = evaluator.heap.new_int(1);
    let level = evaluator.new_level(site, closure, (prefix, modules, one));
    // What was given lies in the environment of the call.
    let given = evaluator.heap.env_slot(env, 2);
    let holder = evaluator.env_of(closure, &[given]);
    let configs = evaluator.suspend_part(site, parts::CONFIGS_OF_SETS, holder);
    evaluator.heap.set_env_slot(level.0, CONFIGS, configs);
    Ok(Done::Value(evaluator.level_set(site, level)))
}

impl Evaluator {
    fn new_level(
        &mut self,
        site: Site,
        closure: u32,
        (prefix, modules, stride): (Value, Value, Value),
    ) -> Level {
        let mut variables = [Value::EMPTY; VARIABLES];
        variables[PREFIX as usize] = prefix;
        variables[MODULES as usize] = modules;
        variables[STRIDE as usize] = stride;
        let env = self.env_of(closure, &variables);
        for (variable, part) in [
            (OPTIONS, parts::OPTIONS),
            (DEFINITIONS, parts::DEFINITIONS),
            (AS_WRITTEN, parts::AS_WRITTEN),
        ] {
            let thunk = self.suspend_part(site, part, env);
            self.heap.set_env_slot(env, variable, thunk);
        }
        Level(env)
    }

    fn level_set(&mut self, site: Site, level: Level) -> Value {
        let options = level.get(self, OPTIONS);
        let unmatched = self.suspend_part(site, parts::UNMATCHED, level.0);
        site.literal(&mut self.heap, LEVEL, &[options, unmatched])
    }

    /// The modules of a level, each as its file and its options, unforced but for the module itself.
    fn modules_of(&mut self, level: Level) -> R<Done<Vec<(Value, Value)>>> {
        let modules = level.force(self, MODULES)?;
        if !modules.is_list() {
            return Ok(Done::Otherwise);
        }
        let stride = level.get(self, STRIDE).as_small_int().unwrap_or(1) as u32;
        let count = self.heap.list_length(modules) / stride;
        let mut found = Vec::with_capacity(count as usize);
        for number in 0..count {
            let first = self.heap.list_item(modules, number * stride);
            if stride > 1 {
                found.push((first, self.heap.list_item(modules, number * stride + 1)));
                continue;
            }
            let module = self.force(first)?;
            if !module.is_attrs() {
                return Ok(Done::Otherwise);
            }
            let options = given!(self.named(module, Name::Options));
            found.push((given!(self.named(module, Name::ModuleFile)), options));
        }
        Ok(Done::Value(found))
    }

    /// The options of a level by name, where all is well.
    fn options_of(&mut self, site: Site, level: Level) -> R<Done<Value>> {
        let modules = done!(self.modules_of(level));
        let mut found: Vec<(Symbol, Declaration)> = Vec::new();
        for (file, options) in modules {
            let parent = self.force(options)?;
            if !parent.is_attrs() {
                return Ok(Done::Otherwise);
            }
            let (flat, shape) = self.heap.flat(parent);
            for index in 0..self.heap.shape_length(shape) {
                let options = self.heap.attr_at(flat, index);
                let name = self.heap.shape_name(shape, index);
                found.push((
                    name,
                    Declaration {
                        file,
                        options,
                        parent,
                    },
                ));
            }
        }
        // Stable, so that the declarations of a name stay in order.
        found.sort_by_key(|one| one.0);
        let groups = found.chunk_by(|a, b| a.0 == b.0);
        let count = groups.clone().count() as u32;
        let names: Vec<Symbol> = groups.clone().map(|group| group[0].0).collect();
        let shape = self
            .heap
            .shape_of(names.iter().map(|&name| (name, Position::NONE)));
        let set = if count == 0 {
            self.heap.empty_attrs()
        } else {
            self.heap.new_attrs(shape)
        };
        let results = self.heap.new_list_of_length(count);
        for (index, group) in groups.enumerate() {
            let declarations = self
                .heap
                .new_list_of_length(group.len() as u32 * DECLARATION);
            for (number, (_, one)) in group.iter().enumerate() {
                let at = number as u32 * DECLARATION;
                self.heap.set_list_item(declarations, at, one.file);
                self.heap.set_list_item(declarations, at + 1, one.options);
                self.heap.set_list_item(declarations, at + 2, one.parent);
            }
            let name = self.symbol_string(group[0].0);
            let env = self.env_of(level.0, &[name, declarations, Value::EMPTY]);
            let result = self.suspend_part(site, parts::RESULT, env);
            self.heap.set_env_slot(env, RESULT, result);
            let matched = self.suspend_part(site, parts::MATCHED, env);
            self.heap.set_attr(set, index as u32, matched);
            self.heap.set_list_item(results, index as u32, result);
        }
        self.heap.set_env_slot(level.0, RESULTS, results);
        Ok(Done::Value(set))
    }

    /// The configurations of a level, in pairs of file and set.
    fn configs_of(&mut self, level: Level) -> R<Done<Value>> {
        let configs = level.force(self, CONFIGS)?;
        for index in (1..self.heap.list_length(configs)).step_by(2) {
            let config = self.heap.list_item(configs, index);
            if !self.force(config)?.is_attrs() {
                return Ok(Done::Otherwise);
            }
        }
        Ok(Done::Value(configs))
    }

    /// An attribute of the level as it is written.
    fn written_level(&mut self, level: Level, name: Name) -> R<Value> {
        let set = level.force(self, AS_WRITTEN)?;
        match self.named(set, name) {
            Some(value) => self.force(value),
            None => self.fail("a level of options lacks what all of them have"),
        }
    }

    /// The definitions of a name, in pairs of file and value.
    fn definitions_named(&mut self, level: Level, name: Symbol) -> R<Option<Value>> {
        let all = level.force(self, DEFINITIONS)?;
        Ok(self.heap.attr(all, name))
    }

    /// Configurations with properties pushed down (`pushDownProperties`): sets, or what is none.
    fn push_down(&mut self, site: Site, config: Value, out: &mut Vec<Value>) -> R<Done<()>> {
        self.enter_call(Position::NONE)?;
        let result = self.push_down_here(site, config, out);
        self.depth -= 1;
        result
    }

    fn push_down_here(&mut self, site: Site, config: Value, out: &mut Vec<Value>) -> R<Done<()>> {
        use super::properties::Tag;
        let config = self.force(config)?;
        let tag = self.tag(config)?;
        match tag {
            Tag::Merge => {
                let contents = given!(self.named(config, Name::Contents));
                let contents = self.force(contents)?;
                if !contents.is_list() {
                    return Ok(Done::Otherwise);
                }
                for index in 0..self.heap.list_length(contents) {
                    let item = self.heap.list_item(contents, index);
                    done!(self.push_down(site, item, out));
                }
            }
            Tag::If | Tag::Override => {
                let content = given!(self.named(config, Name::Content));
                let first = out.len();
                done!(self.push_down(site, content, out));
                let (given_by, make, text) = if tag == Tag::If {
                    (Name::Condition, relied::MK_IF, "if")
                } else {
                    (Name::Priority, relied::MK_OVERRIDE, "override")
                };
                let outside = given!(self.named(config, given_by));
                let make = site.header(&self.heap).callee(&self.heap, make);
                let tag = given!(self.symbols.find(text.as_bytes()));
                let tag = self.symbol_string(tag);
                for config in &mut out[first..] {
                    *config = self.wrap_all(make, *config, (tag, outside));
                }
            }
            _ => out.push(config),
        }
        Ok(Done::Value(()))
    }

    /// Each value of a set with a property around it.
    fn wrap_all(&mut self, make: Site, set: Value, (tag, outside): (Value, Value)) -> Value {
        if !set.is_attrs() {
            return set;
        }
        let (flat, shape) = self.heap.flat(set);
        let bare = self.heap.without_positions(shape);
        let wrapped = self.heap.new_attrs(bare);
        for index in 0..self.heap.shape_length(shape) {
            let value = self.heap.attr_at(flat, index);
            let value = make.literal(&mut self.heap, 0, &[tag, outside, value]);
            self.heap.set_attr(wrapped, index, value);
        }
        wrapped
    }

    /// Whether all declarations of a name are options, or none; `None` where it is for what was written.
    fn is_option(&mut self, name: NameEnv) -> R<Option<bool>> {
        let count = name.declaration_count(self);
        let mut options = 0;
        for number in 0..count {
            let declared = name.declaration(self, number).options;
            let declared = self.force(declared)?;
            let tag = declared
                .is_attrs()
                .then(|| self.named(declared, Name::Tag))
                .flatten();
            let Some(tag) = tag else { continue };
            let tag = self.force(tag)?;
            if !tag.is_string() || self.heap.string(tag) != b"option" {
                return Ok(None);
            }
            options += 1;
        }
        Ok(match options {
            0 => Some(false),
            all if all == count => Some(true),
            _ => None,
        })
    }
}

/// The names that lead to a name.
fn location(evaluator: &mut Evaluator, _: Site, env: u32) -> R<Value> {
    let name = NameEnv(env);
    let prefix = name.level(evaluator).get(evaluator, PREFIX);
    let context = "while evaluating one of the elements to concatenate";
    let prefix = evaluator.force_list(prefix, context)?;
    Ok(evaluator.list_and(prefix, name.get(evaluator, NAME)))
}

fn options(evaluator: &mut Evaluator, site: Site, env: u32) -> R<Value> {
    match evaluator.options_of(site, Level(env))? {
        Done::Value(options) => Ok(options),
        Done::Otherwise => {
            evaluator.heap.set_env_slot(env, RESULTS, Value::NULL);
            evaluator.written_level(Level(env), Name::MatchedOptions)
        }
    }
}

fn result(evaluator: &mut Evaluator, site: Site, env: u32) -> R<Value> {
    let name = NameEnv(env);
    match evaluator.is_option(name)? {
        Some(true) => Ok(Value::TRUE),
        None => Ok(Value::FALSE),
        Some(false) => {
            let level = name.level(evaluator);
            let prefix = level.location(evaluator, site, name);
            let modules = name.get(evaluator, DECLARATIONS);
            let stride = evaluator.heap.new_int(i64::from(DECLARATION));
            let closure = level.closure(evaluator);
            let next = evaluator.new_level(site, closure, (prefix, modules, stride));
            let configs = evaluator.suspend_part(site, parts::PUSHED, env);
            evaluator.heap.set_env_slot(next.0, CONFIGS, configs);
            let own_name = name.get(evaluator, NAME);
            evaluator.heap.set_env_slot(next.0, OWN_NAME, own_name);
            Ok(evaluator.level_set(site, next))
        }
    }
}

fn matched(evaluator: &mut Evaluator, site: Site, env: u32) -> R<Value> {
    let name = NameEnv(env);
    let result = name.get(evaluator, RESULT);
    let result = evaluator.force(result)?;
    if result == Value::TRUE {
        if name.declaration_count(evaluator) == 1 {
            let mut only = name.declaration(evaluator, 0);
            only.options = evaluator.force(only.options)?;
            if let Done::Value(option) = evaluator.option(site, name, only)? {
                return Ok(option);
            }
        }
        return evaluator.option_as_written(site, name);
    }
    if result == Value::FALSE {
        let level = name.level(evaluator);
        let all = evaluator.written_level(level, Name::MatchedOptions)?;
        let symbol = name.symbol(evaluator);
        let context = "while selecting an attribute";
        let value = evaluator.need_attr(all, symbol, context)?;
        return evaluator.force(value);
    }
    match evaluator.named(result, Name::MatchedOptions) {
        Some(options) => evaluator.force(options),
        None => evaluator.fail("a level of options lacks what all of them have"),
    }
}

fn definitions(evaluator: &mut Evaluator, _: Site, env: u32) -> R<Value> {
    let level = Level(env);
    let configs = match evaluator.configs_of(level)? {
        Done::Value(configs) => configs,
        // As it is written, that is an error.
        Done::Otherwise => {
            evaluator.written_level(level, Name::UnmatchedDefns)?;
            return evaluator.fail("what an option is set to is no set");
        }
    };
    let mut found: Vec<(Symbol, Value, Value)> = Vec::new();
    for at in (0..evaluator.heap.list_length(configs)).step_by(2) {
        let file = evaluator.heap.list_item(configs, at);
        let config = evaluator.heap.list_item(configs, at + 1);
        let config = evaluator.force(config)?;
        let (flat, shape) = evaluator.heap.flat(config);
        for index in 0..evaluator.heap.shape_length(shape) {
            let name = evaluator.heap.shape_name(shape, index);
            found.push((name, file, evaluator.heap.attr_at(flat, index)));
        }
    }
    found.sort_by_key(|one| one.0);
    let mut set = AttrsBuilder::default();
    for group in found.chunk_by(|a, b| a.0 == b.0) {
        let list = evaluator
            .heap
            .new_list_of_length(group.len() as u32 * DEFINITION);
        for (number, &(_, file, value)) in group.iter().enumerate() {
            let at = number as u32 * DEFINITION;
            evaluator.heap.set_list_item(list, at, file);
            evaluator.heap.set_list_item(list, at + 1, value);
        }
        set.push(group[0].0, list, Position::NONE);
    }
    Ok(set.finish(&mut evaluator.heap))
}

/// The configurations of the level of a name: what is defined for it, with properties pushed down.
fn pushed(evaluator: &mut Evaluator, site: Site, env: u32) -> R<Value> {
    let name = NameEnv(env);
    let level = name.level(evaluator);
    let symbol = name.symbol(evaluator);
    let Some(defined) = evaluator.definitions_named(level, symbol)? else {
        return Ok(evaluator.heap.empty_list());
    };
    let mut pairs = Vec::new();
    for at in (0..evaluator.heap.list_length(defined)).step_by(2) {
        let file = evaluator.heap.list_item(defined, at);
        let value = evaluator.heap.list_item(defined, at + 1);
        pairs.push((file, value));
    }
    evaluator.pushed_pairs(site, level, &pairs)
}

impl Evaluator {
    fn pushed_pairs(&mut self, site: Site, level: Level, pairs: &[(Value, Value)]) -> R<Value> {
        let mut out = Vec::new();
        for &(file, value) in pairs {
            let mut configs = Vec::new();
            if let Done::Otherwise = self.push_down(site, value, &mut configs)? {
                let code = site
                    .header(&self.heap)
                    .variable(&self.heap, relied::PUSH_DOWN_PROPERTIES);
                let outer = level.outer(self, site);
                let function = self.operand(code, outer)?;
                let list = self.call(function, &[value], Position::NONE)?;
                let context = "while evaluating the second argument passed to builtins.map";
                let list = self.force_list(list, context)?;
                configs = self.heap.list_items(list);
            }
            out.extend(configs.into_iter().flat_map(|config| [file, config]));
        }
        Ok(self.heap.new_list(&out))
    }
}

fn configs_of_modules(evaluator: &mut Evaluator, site: Site, env: u32) -> R<Value> {
    let level = Level(env);
    let context = "while evaluating the second argument passed to builtins.concatMap";
    let modules = level.get(evaluator, MODULES);
    let modules = evaluator.force_list(modules, context)?;
    let mut pairs = Vec::new();
    let mut out = Vec::new();
    for index in 0..evaluator.heap.list_length(modules) {
        let module = evaluator.heap.list_item(modules, index);
        let module = evaluator.force_attrs(module, "while selecting an attribute")?;
        let file = evaluator.known_name(Name::ModuleFile);
        let file = evaluator.need_attr(module, file, "while selecting an attribute")?;
        let config = evaluator.known_name(Name::Config);
        let config = evaluator.need_attr(module, config, "while selecting an attribute")?;
        pairs.clear();
        pairs.push((file, config));
        let pushed = evaluator.pushed_pairs(site, level, &pairs)?;
        out.extend(evaluator.heap.list_items(pushed));
    }
    Ok(evaluator.heap.new_list(&out))
}

fn configs_of_sets(evaluator: &mut Evaluator, _: Site, env: u32) -> R<Value> {
    let given = evaluator.heap.env_slot(env, 0);
    let context = "while evaluating the second argument passed to builtins.all";
    let given = evaluator.force_list(given, context)?;
    let mut out = Vec::new();
    for index in 0..evaluator.heap.list_length(given) {
        let one = evaluator.heap.list_item(given, index);
        let one = evaluator.force_attrs(one, "while selecting an attribute")?;
        for name in [Name::File, Name::Config] {
            let name = evaluator.known_name(name);
            out.push(evaluator.need_attr(one, name, "while selecting an attribute")?);
        }
    }
    Ok(evaluator.heap.new_list(&out))
}

fn unmatched(evaluator: &mut Evaluator, site: Site, env: u32) -> R<Value> {
    let level = Level(env);
    let configs = level.force(evaluator, CONFIGS)?;
    if evaluator.heap.list_length(configs) == 0 {
        return Ok(evaluator.heap.empty_list());
    }
    let defined = level.force(evaluator, DEFINITIONS)?;
    let options = level.force(evaluator, OPTIONS)?;
    let results = level.get(evaluator, RESULTS);
    if !results.is_list() {
        return evaluator.written_level(level, Name::UnmatchedDefns);
    }
    // What has an option, and what has none, by name.
    let (_, options_shape) = evaluator.heap.flat(options);
    let (defined, defined_shape) = evaluator.heap.flat(defined);
    let mut all: Vec<(Symbol, Option<u32>, Value)> = Vec::new();
    for index in 0..evaluator.heap.shape_length(options_shape) {
        let name = evaluator.heap.shape_name(options_shape, index);
        all.push((name, Some(index), Value::EMPTY));
    }
    for index in 0..evaluator.heap.shape_length(defined_shape) {
        let name = evaluator.heap.shape_name(defined_shape, index);
        if evaluator.heap.shape_find(options_shape, name).is_none() {
            all.push((name, None, evaluator.heap.attr_at(defined, index)));
        }
    }
    let symbols = &evaluator.symbols;
    all.sort_by(|a, b| symbols.name(a.0).cmp(symbols.name(b.0)));
    let mut out = Vec::new();
    for (name, option, values) in all {
        let text = evaluator.symbol_string(name);
        match option {
            Some(index) => {
                let result = evaluator.heap.list_item(results, index);
                let result = evaluator.force(result)?;
                if result == Value::FALSE {
                    return evaluator.written_level(level, Name::UnmatchedDefns);
                }
                if result == Value::TRUE {
                    continue;
                }
                let Some(unmatched) = evaluator.named(result, Name::UnmatchedDefns) else {
                    continue;
                };
                let unmatched = evaluator.force(unmatched)?;
                for at in 0..evaluator.heap.list_length(unmatched) {
                    let definition = evaluator.heap.list_item(unmatched, at);
                    let definition = evaluator.force(definition)?;
                    let mut prefix = vec![text];
                    if let Some(before) = evaluator.named(definition, Name::Prefix) {
                        let before = evaluator.force(before)?;
                        prefix.extend(evaluator.heap.list_items(before));
                    }
                    out.push(evaluator.with_prefix(site, definition, &prefix));
                }
            }
            None => {
                for at in (0..evaluator.heap.list_length(values)).step_by(2) {
                    let pair = [
                        evaluator.heap.list_item(values, at),
                        evaluator.heap.list_item(values, at + 1),
                    ];
                    let definition = site.literal(&mut evaluator.heap, RAW_DEFINITION, &pair);
                    out.push(evaluator.with_prefix(site, definition, &[text]));
                }
            }
        }
    }
    Ok(evaluator.heap.new_list(&out))
}

impl Evaluator {
    fn with_prefix(&mut self, site: Site, definition: Value, prefix: &[Value]) -> Value {
        let prefix = self.heap.new_list(prefix);
        let prefix = site.literal(&mut self.heap, UNMATCHED_PREFIX, &[prefix]);
        self.heap.update(definition, prefix)
    }
}

/// Adds the definitions of an option.
pub(super) fn definitions_of(
    evaluator: &mut Evaluator,
    site: Site,
    name: NameEnv,
    out: &mut Definitions,
) -> R<()> {
    let level = name.level(evaluator);
    let symbol = name.symbol(evaluator);
    let Some(defined) = evaluator.definitions_named(level, symbol)? else {
        return Ok(());
    };
    for at in (0..evaluator.heap.list_length(defined)).step_by(2) {
        out.push(Definition {
            file: evaluator.heap.list_item(defined, at),
            value: evaluator.heap.list_item(defined, at + 1),
            form: Form::Literal(site, RAW_DEFINITION),
        });
    }
    Ok(())
}

/// Where a declaration was written, or null.
pub(super) fn position(
    evaluator: &mut Evaluator,
    name: NameEnv,
    declaration: Declaration,
) -> Value {
    let symbol = name.symbol(evaluator);
    let found = evaluator
        .heap
        .attr_with_position(declaration.parent, symbol);
    let position = found.map_or(Position::NONE, |(_, position)| position);
    evaluator.position_value(position)
}
