//! The builtins of Nix 2.34, one file a family, and the names that are always in scope.

mod attrs;
mod context;
mod control;
mod derivation;
mod fetch;
mod files;
mod formats;
mod hashes;
mod lists;
mod mercurial;
mod numbers;
mod output_of;
mod strings;
mod trees;
mod types;

use crate::eval::{Evaluator, R};
use crate::heap::Value;
use crate::position::Origin;

/// The version of Nix whose language this is.
pub const NIX_VERSION: &str = "2.34.8";
/// `builtins.langVersion`
const LANG_VERSION: i64 = 6;

/// Where `<nix/fetchurl.nix>` is found, as far as the language can tell.
pub(crate) const FETCHURL_PATH: &[u8] = b"/__corepkgs__/fetchurl.nix";
/// The text of `<nix/fetchurl.nix>`.
pub(crate) const FETCHURL: &[u8] = include_bytes!("fetchurl.nix");

/// The evaluator's own sources in the language.
pub(crate) const INTERNAL_SOURCES: [&str; 3] =
    ["derivation-internal.nix", "call-flake.nix", "flake.nix"];

/// The code of a builtin: it is called with as many arguments as its arity says, unforced.
pub(crate) type BuiltinFunction = fn(&mut Evaluator, &[Value]) -> R<Value>;

/// A builtin.
#[derive(Clone, Copy)]
pub(crate) struct Builtin {
    /// The variable it is bound to: those with `__` appear in `builtins` without it.
    pub(crate) name: &'static str,
    /// How many arguments it takes.
    pub(crate) arity: u32,
    /// Its code.
    pub(crate) function: BuiltinFunction,
}

/// What is said where an experimental feature would have to be switched on.
fn feature_is_disabled(feature: &str) -> String {
    format!(
        "experimental Nix feature '{feature}' is disabled; add '--extra-experimental-features \
         {feature}' to enable it"
    )
}

/// The entries of a family's table.
pub(crate) type Table = &'static [(&'static str, u32, BuiltinFunction)];

/// Fills in the globals and `builtins` of a new evaluator.
pub(crate) fn install(evaluator: &mut Evaluator) {
    let families: [Table; 13] = [
        attrs::TABLE,
        context::TABLE,
        control::TABLE,
        derivation::TABLE,
        fetch::TABLE,
        mercurial::TABLE,
        files::TABLE,
        formats::TABLE,
        hashes::TABLE,
        lists::TABLE,
        numbers::TABLE,
        strings::TABLE,
        trees::TABLE,
    ];
    let mut bound: Vec<(&'static str, Value)> = Vec::new();
    for family in families {
        add_family(evaluator, family, &mut bound);
    }
    add_family(evaluator, types::TABLE, &mut bound);
    for family in trees::experimental(&evaluator.settings) {
        add_family(evaluator, family, &mut bound);
    }
    if evaluator.settings.dynamic_derivations {
        add_family(evaluator, output_of::TABLE, &mut bound);
    }
    bound.extend([
        ("true", Value::TRUE),
        ("false", Value::FALSE),
        ("null", Value::NULL),
    ]);
    let version = evaluator
        .heap
        .new_string(NIX_VERSION.as_bytes(), crate::heap::ContextId::EMPTY);
    let language = evaluator.heap.new_int(LANG_VERSION);
    let store = evaluator.settings.store_dir.clone();
    let store = evaluator
        .heap
        .new_string(store.as_bytes(), crate::heap::ContextId::EMPTY);
    bound.extend([
        ("__nixVersion", version),
        ("__langVersion", language),
        ("__storeDir", store),
    ]);
    if !evaluator.settings.pure {
        let now = evaluator.world.now();
        let now = evaluator.heap.new_int(now);
        let system = evaluator.settings.system.clone();
        let system = evaluator
            .heap
            .new_string(system.as_bytes(), crate::heap::ContextId::EMPTY);
        bound.extend([("__currentTime", now), ("__currentSystem", system)]);
    }
    let search_path = search_path(evaluator);
    bound.push(("__nixPath", search_path));
    for &(name, value) in &bound {
        let symbol = evaluator.symbols.intern(name.as_bytes());
        evaluator.globals.insert(symbol, value);
    }
    // Not bound to any name: only the program that calls flakes is given it.
    evaluator.builtins.push(Builtin {
        name: trees::FETCH_FINAL_TREE,
        arity: 1,
        function: trees::fetch_final_tree,
    });
    evaluator.builtins.push(Builtin {
        name: trees::REVEAL,
        arity: 1,
        function: Evaluator::reveal,
    });
    add_derivation(evaluator, &mut bound);
    add_builtins_set(evaluator, &bound);
}

fn add_family(evaluator: &mut Evaluator, family: Table, bound: &mut Vec<(&'static str, Value)>) {
    for &(name, arity, function) in family {
        let index = evaluator.builtins.len() as u32;
        evaluator.builtins.push(Builtin {
            name,
            arity,
            function,
        });
        bound.push((name, Value::builtin(index)));
    }
}

impl Evaluator {
    /// A builtin, by the name that it is bound to, or would be.
    pub(crate) fn internal_builtin(&self, name: &str) -> Value {
        let index = self.builtins.iter().position(|known| known.name == name);
        index.map_or(Value::NULL, |index| Value::builtin(index as u32))
    }
}

/// `derivation` is written in the language itself, around `derivationStrict`.
fn add_derivation(evaluator: &mut Evaluator, bound: &mut Vec<(&'static str, Value)>) {
    let text = include_bytes!("derivation.nix").as_slice();
    // `builtins` is not there yet, and the file does not use it.
    let origin = Origin::Internal("derivation-internal.nix");
    let parsed = evaluator.parse_source(&text.into(), origin, b"/", &[]);
    if let Ok(value) = parsed.and_then(|code| evaluator.eval(code, 0)) {
        let symbol = evaluator.symbols.intern(b"derivation");
        evaluator.globals.insert(symbol, value);
        bound.push(("derivation", value));
    }
}

/// The set contains itself: its slot is filled after it is made.
fn add_builtins_set(evaluator: &mut Evaluator, bound: &[(&'static str, Value)]) {
    let own = evaluator.symbols.intern(b"builtins");
    let mut builder = crate::heap::AttrsBuilder::with_capacity(bound.len() + 1);
    builder.push(own, Value::NULL, crate::position::Position::NONE);
    for &(name, value) in bound {
        let short = name.strip_prefix("__").unwrap_or(name);
        let symbol = evaluator.symbols.intern(short.as_bytes());
        builder.push(symbol, value, crate::position::Position::NONE);
    }
    let set = builder.finish(&mut evaluator.heap);
    let (_, shape) = evaluator.heap.flat(set);
    if let Some(index) = evaluator.heap.shape_find(shape, own) {
        evaluator.heap.set_attr(set, index, set);
    }
    evaluator.builtins_set = set;
    evaluator.globals.insert(own, set);
}

fn search_path(evaluator: &mut Evaluator) -> Value {
    let entries = evaluator.settings.search_path.clone();
    let prefix = crate::symbol::known::PREFIX;
    let path = crate::symbol::known::PATH;
    let values: Vec<Value> = entries
        .iter()
        .map(|(name, directory)| {
            let name = evaluator
                .heap
                .new_string(name, crate::heap::ContextId::EMPTY);
            let directory = evaluator
                .heap
                .new_string(directory, crate::heap::ContextId::EMPTY);
            evaluator.make_attrs(&[(path, directory), (prefix, name)])
        })
        .collect();
    evaluator.heap.new_list(&values)
}
