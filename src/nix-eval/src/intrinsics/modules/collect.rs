//! All modules that a list of modules leads to, without those that are disabled, each once
//! (`collectModules`).

use std::collections::VecDeque;
use std::hash::Hasher as _;

use hashbrown::HashTable;
use rustc_hash::FxHasher;

use crate::eval::{Evaluator, R};
use crate::heap::{Kind, Value};
use crate::intrinsics::known::collect as relied;
use crate::intrinsics::names::Name;
use crate::intrinsics::{Done, Site, done, given};
use crate::position::Position;

/// A module that was loaded.
struct Loaded {
    module: Value,
    /// A string, once all are loaded.
    key: Value,
    /// The modules that it imports, by number.
    imports: Vec<usize>,
}

/// What a collection is made with.
struct Collection {
    site: Site,
    env: u32,
    args: Value,
    class: Value,
    loaded: Vec<Loaded>,
    /// What modules say that is disabled, unforced.
    disabled: Vec<Value>,
}

/// `filterModules modulesPath (collectStructuredModules unknownModule "" initialModules args)`
pub(in crate::intrinsics) fn collected(
    evaluator: &mut Evaluator,
    site: Site,
    env: u32,
) -> R<Done<Value>> {
    let code = |evaluator: &Evaluator, number| site.variable(&evaluator.heap, number);
    let initial = evaluator.site_variable(site, relied::INITIAL_MODULES, env)?;
    let class = evaluator.site_variable(site, relied::CLASS, env)?;
    let args = code(evaluator, relied::ARGS);
    let unknown = code(evaluator, relied::UNKNOWN_MODULE);
    let mut collection = Collection {
        site,
        env,
        args: evaluator.suspend(args, env),
        class,
        loaded: Vec::new(),
        disabled: Vec::new(),
    };
    let unknown = evaluator.suspend(unknown, env);
    let empty = evaluator.heap.empty_string();
    let first = done!(evaluator.load_all(&mut collection, initial, unknown, empty));
    let disabled = done!(evaluator.disabled_keys(&collection));
    for number in 0..collection.loaded.len() {
        let key = evaluator.force(collection.loaded[number].key)?;
        if !key.is_string() {
            return Ok(Done::Otherwise);
        }
        collection.loaded[number].key = key;
    }
    Ok(Done::Value(evaluator.closure(
        &collection,
        first,
        &disabled,
    )))
}

fn hash_of(text: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(text);
    hasher.finish()
}

impl Evaluator {
    /// Loads the modules of a list, and those that they import; returns the numbers of the former.
    fn load_all(
        &mut self,
        collection: &mut Collection,
        list: Value,
        file: Value,
        key: Value,
    ) -> R<Done<Vec<usize>>> {
        self.enter_call(Position::NONE)?;
        if !list.is_list() {
            return Ok(Done::Otherwise);
        }
        let count = self.heap.list_length(list);
        let mut numbers = Vec::with_capacity(count as usize);
        for index in 0..count {
            let item = self.heap.list_item(list, index);
            let module = done!(self.load(collection, item, file, (key, index + 1)));
            let disabled = given!(self.named(module, Name::DisabledModules));
            let disabled = self.force(disabled)?;
            if !disabled.is_list() {
                return Ok(Done::Otherwise);
            }
            collection.disabled.extend(self.heap.list_items(disabled));
            let own_key = given!(self.named(module, Name::Key));
            let own_file = given!(self.named(module, Name::ModuleFile));
            let imports = given!(self.named(module, Name::Imports));
            let imports = self.force(imports)?;
            let number = collection.loaded.len();
            collection.loaded.push(Loaded {
                module,
                key: own_key,
                imports: Vec::new(),
            });
            numbers.push(number);
            if !imports.is_list() {
                return Ok(Done::Otherwise);
            }
            if self.heap.list_length(imports) > 0 {
                let imports = done!(self.load_all(collection, imports, own_file, own_key));
                collection.loaded[number].imports = imports;
            }
        }
        self.depth -= 1;
        Ok(Done::Value(numbers))
    }

    /// A module of a list, in one form (`checkModule (loadModule …)`).
    fn load(
        &mut self,
        collection: &Collection,
        item: Value,
        file: Value,
        place: (Value, u32),
    ) -> R<Done<Value>> {
        let m = self.force(item)?;
        let module = match self.load_plainly(collection, m, file, place)? {
            Done::Value(module) => module,
            Done::Otherwise => {
                let key = done!(self.anonymous_key(place));
                let load =
                    self.site_variable(collection.site, relied::LOAD_MODULE, collection.env)?;
                let args = [collection.args, file, key, item];
                let module = self.call(load, &args, Position::NONE)?;
                if !module.is_attrs() {
                    return Ok(Done::Otherwise);
                }
                module
            }
        };
        if collection.class != Value::NULL {
            let class = given!(self.named(module, Name::Class));
            let class = self.force(class)?;
            let fits = class == Value::NULL || self.equal(class, collection.class)?;
            if !fits {
                let check =
                    self.site_variable(collection.site, relied::CHECK_MODULE, collection.env)?;
                return self.call(check, &[module], Position::NONE).map(Done::Value);
            }
        }
        Ok(Done::Value(module))
    }

    /// The same for what modules mostly are: paths, functions, and sets that are no properties.
    fn load_plainly(
        &mut self,
        collection: &Collection,
        m: Value,
        file: Value,
        place: (Value, u32),
    ) -> R<Done<Value>> {
        let header = collection.site.header(&self.heap);
        let unify = header.callee(&self.heap, relied::UNIFY);
        let apply = header.callee(&self.heap, relied::APPLY);
        match self.heap.kind(m) {
            Kind::Lambda | Kind::Builtin | Kind::Partial => {
                let key = done!(self.anonymous_key(place));
                let value = done!(self.apply_module(apply, m, collection.args, key));
                self.unified(unify, file, key, value)
            }
            Kind::Attrs => {
                let functor = crate::symbol::known::FUNCTOR;
                let is_plain = self.named(m, Name::Tag).is_none();
                if !is_plain || self.heap.attr(m, functor).is_some() {
                    return Ok(Done::Otherwise);
                }
                // The key is made only where the module says none itself.
                let key = match self.named(m, Name::Key) {
                    Some(own) => own,
                    None => done!(self.anonymous_key(place)),
                };
                self.unified(unify, file, key, m)
            }
            Kind::Path | Kind::String => {
                let to_string = self.internal_builtin("toString");
                let text = self.call(to_string, &[m], Position::NONE)?;
                let import = self.internal_builtin("import");
                let value = self.call(import, &[m], Position::NONE)?;
                let value = match self.heap.kind(value) {
                    Kind::Lambda | Kind::Builtin | Kind::Partial => {
                        done!(self.apply_module(apply, value, collection.args, text))
                    }
                    Kind::Attrs
                        if self
                            .heap
                            .attr(value, crate::symbol::known::FUNCTOR)
                            .is_some() =>
                    {
                        return Ok(Done::Otherwise);
                    }
                    _ => value,
                };
                self.unified(unify, text, text, value)
            }
            _ => Ok(Done::Otherwise),
        }
    }

    /// The key of a module that has none, by that of its parent and its place there.
    fn anonymous_key(&mut self, (parent, number): (Value, u32)) -> R<Done<Value>> {
        let parent = self.force(parent)?;
        if !parent.is_string() {
            return Ok(Done::Otherwise);
        }
        let mut text = self.heap.string(parent).to_vec();
        let context = self.heap.string_context(parent);
        text.extend_from_slice(b":anon-");
        text.extend_from_slice(number.to_string().as_bytes());
        Ok(Done::Value(self.heap.new_string(&text, context)))
    }

    /// The keys of the modules that are disabled.
    fn disabled_keys(&mut self, collection: &Collection) -> R<Done<Vec<Vec<u8>>>> {
        let mut keys = Vec::new();
        for &item in &collection.disabled {
            let item = self.force(item)?;
            match self.heap.kind(item) {
                Kind::String => {
                    let text = self.heap.string(item).to_vec();
                    self.stand_in.cut(&text, 0, 1);
                    if text.starts_with(b"/") {
                        keys.push(text);
                        continue;
                    }
                    let base = relied::MODULES_PATH;
                    let base = self.site_variable(collection.site, base, collection.env)?;
                    if !base.is_string() {
                        return Ok(Done::Otherwise);
                    }
                    let base = self.heap.string(base).to_vec();
                    keys.push([&base[..], b"/", &text].concat());
                }
                Kind::Path => keys.push(self.heap.path(item).to_vec()),
                _ => return Ok(Done::Otherwise),
            }
        }
        Ok(Done::Value(keys))
    }

    /// The modules that are reached, each key once (`filterModules`).
    fn closure(
        &mut self,
        collection: &Collection,
        first: Vec<usize>,
        disabled: &[Vec<u8>],
    ) -> Value {
        let key = |evaluator: &Self, number: usize| {
            evaluator
                .heap
                .string(collection.loaded[number].key)
                .to_vec()
        };
        let is_enabled = |evaluator: &Self, number: &usize| {
            disabled.is_empty() || !disabled.contains(&key(evaluator, *number))
        };
        let mut waiting: VecDeque<usize> = VecDeque::new();
        waiting.extend(first.into_iter().filter(|number| is_enabled(self, number)));
        let mut seen: HashTable<usize> = HashTable::with_capacity(collection.loaded.len());
        let mut found = Vec::with_capacity(collection.loaded.len());
        while let Some(number) = waiting.pop_front() {
            let heap = &self.heap;
            let text = |number: usize| heap.string(collection.loaded[number].key);
            let own = text(number);
            let hash = hash_of(own);
            if seen.find(hash, |&other| text(other) == own).is_some() {
                continue;
            }
            seen.insert_unique(hash, number, |&other| hash_of(text(other)));
            found.push(collection.loaded[number].module);
            let imports = collection.loaded[number].imports.iter().copied();
            waiting.extend(imports.filter(|number| is_enabled(self, number)));
        }
        self.heap.new_list(&found)
    }
}
