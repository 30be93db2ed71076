//! Interned names. A symbol is an index; equal names have equal symbols for the life of a table.
//! Nothing here knows values: the string value of a symbol is kept by the evaluator.

use std::hash::Hasher;

use hashbrown::HashTable;
use rustc_hash::FxHasher;

/// An interned attribute or variable name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol(pub u32);

/// All names of an evaluation, in order of first appearance.
#[derive(Default)]
pub struct SymbolTable {
    bytes: Vec<u8>,
    ends: Vec<u32>,
    index: HashTable<u32>,
}

fn hash_bytes(bytes: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(bytes);
    hasher.finish()
}

impl SymbolTable {
    /// A table that holds the names in [`known`] at their fixed indices.
    #[must_use]
    pub fn new() -> Self {
        let mut table = Self::default();
        for name in known::NAMES {
            table.intern(name.as_bytes());
        }
        table
    }

    /// The symbol of `name`, made if it is new.
    pub fn intern(&mut self, name: &[u8]) -> Symbol {
        let hash = hash_bytes(name);
        if let Some(symbol) = self.find_hashed(name, hash) {
            return symbol;
        }
        let symbol = self.ends.len() as u32;
        self.bytes.extend_from_slice(name);
        self.ends.push(self.bytes.len() as u32);
        let (bytes, ends) = (&self.bytes, &self.ends);
        self.index
            .insert_unique(hash, symbol, |&s| hash_bytes(slice(bytes, ends, s)));
        Symbol(symbol)
    }

    /// The symbol of `name` where it has one: a name never interned is in no attribute set.
    #[must_use]
    pub fn find(&self, name: &[u8]) -> Option<Symbol> {
        self.find_hashed(name, hash_bytes(name))
    }

    fn find_hashed(&self, name: &[u8], hash: u64) -> Option<Symbol> {
        self.index
            .find(hash, |&s| slice(&self.bytes, &self.ends, s) == name)
            .map(|&s| Symbol(s))
    }

    /// The name of `symbol`.
    #[must_use]
    pub fn name(&self, symbol: Symbol) -> &[u8] {
        slice(&self.bytes, &self.ends, symbol.0)
    }

    /// How many names there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether no name was interned.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}

fn slice<'a>(bytes: &'a [u8], ends: &[u32], symbol: u32) -> &'a [u8] {
    let index = symbol as usize;
    let start = if index == 0 {
        0
    } else {
        ends[index - 1] as usize
    };
    &bytes[start..ends[index] as usize]
}

/// Names that the language itself gives a meaning, at fixed indices.
pub mod known {
    use super::Symbol;

    macro_rules! known {
        ($($constant:ident = $name:literal),* $(,)?) => {
            known!(@index 0u32; $($constant = $name,)*);
            /// The fixed names, in the order of their symbols.
            pub const NAMES: &[&str] = &[$($name),*];
        };
        (@index $at:expr; $constant:ident = $name:literal, $($rest:tt)*) => {
            #[doc = concat!("`", $name, "`")]
            pub const $constant: Symbol = Symbol($at);
            known!(@index $at + 1; $($rest)*);
        };
        (@index $at:expr;) => {};
    }

    known! {
        EMPTY = "", BODY = "body", OR = "or", SUB = "__sub", LESS_THAN = "__lessThan",
        MUL = "__mul", DIV = "__div", FIND_FILE = "__findFile", NIX_PATH = "__nixPath",
        OVERRIDES = "__overrides", FUNCTOR = "__functor", TO_STRING = "__toString",
        OUT_PATH = "outPath", DRV_PATH = "drvPath", TYPE = "type", NAME = "name",
        VALUE = "value", SYSTEM = "system", BUILDER = "builder", ARGS = "args",
        OUTPUTS = "outputs", OUTPUT_NAME = "outputName", OUT = "out", FILE = "file",
        LINE = "line", COLUMN = "column", SUCCESS = "success", RIGHT = "right", WRONG = "wrong",
        STRUCTURED_ATTRS = "__structuredAttrs", IGNORE_NULLS = "__ignoreNulls",
        CONTENT_ADDRESSED = "__contentAddressed", IMPURE = "__impure",
        OUTPUT_HASH = "outputHash", OUTPUT_HASH_ALGO = "outputHashAlgo",
        OUTPUT_HASH_MODE = "outputHashMode", KEY = "key", START_SET = "startSet",
        OPERATOR = "operator", PATH = "path", PREFIX = "prefix", FILTER = "filter",
        RECURSIVE = "recursive", SHA256 = "sha256", URL = "url", VERSION = "version",
        JSON = "__json", ALL_OUTPUTS = "allOutputs", ALLOWED_REFERENCES = "allowedReferences",
        ALLOWED_REQUISITES = "allowedRequisites", DISALLOWED_REFERENCES = "disallowedReferences",
        DISALLOWED_REQUISITES = "disallowedRequisites", MAX_SIZE = "maxSize",
        MAX_CLOSURE_SIZE = "maxClosureSize", CUR_POS = "__curPos", DRV_ATTRS = "drvAttrs",
        META = "meta", HASH = "hash", ALGO = "hashAlgo", TO_HASH_FORMAT = "toHashFormat",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_symbol() {
        let mut table = SymbolTable::new();
        let first = table.intern(b"foo");
        assert!(table.intern(b"foo") == first);
        assert!(table.intern(b"bar") != first);
        assert_eq!(table.name(first), b"foo");
    }

    #[test]
    fn fixed_names_are_where_the_constants_say() {
        let table = SymbolTable::new();
        assert_eq!(table.name(known::OUT_PATH), b"outPath");
        assert_eq!(table.name(known::TO_HASH_FORMAT), b"toHashFormat");
        assert_eq!(table.len(), known::NAMES.len());
    }
}
