//! The attribute names that intrinsics use. They are looked up and never made, since the order in which names
//! appear can be seen.

use super::Intrinsics;
use crate::eval::Evaluator;
use crate::symbol::{Symbol, SymbolTable};

macro_rules! names {
    ($($name:ident = $text:literal),* $(,)?) => {
        /// A name.
        #[derive(Clone, Copy)]
        pub(crate) enum Name { $($name),* }
        const TEXTS: &[&str] = &[$($text),*];
    };
}

names! {
    Apply = "apply", Check = "check", Class = "_class", Condition = "condition", Config = "config", Content =
    "content", Contents = "contents", Declarations = "declarations", DeclarationPositions =
    "declarationPositions", Default = "default", Definitions = "definitions", DefinitionsWithLocations =
    "definitionsWithLocations", DeprecationMessage = "deprecationMessage", DisabledModules = "disabledModules", EmptyValue = "emptyValue", File = "file", Files = "files",
    FreeformType = "freeformType", GetSubModules = "getSubModules", HeadError = "headError", HighestPrio =
    "highestPrio", Imports = "imports", IsDefined = "isDefined", IsV2MergeCoherent = "isV2MergeCoherent",
    Key = "key", Loc = "loc", Merge = "merge", Meta = "meta", Module = "_module", ModuleArgs = "args",
    ModuleFile = "_file", Options = "options", Prefix = "prefix", Priority = "priority", ReadOnly =
    "readOnly", Require = "require", SubstSubModules = "substSubModules", Tag = "_type", Type = "type",
    Unspecified = "unspecified", V2 = "v2", Value = "value", ValueMeta = "valueMeta", MatchedOptions =
    "matchedOptions", UnmatchedDefns = "unmatchedDefns", ToString = "__toString", Values = "values",
    MergedValue = "mergedValue", Functor = "functor", WrappedDeprecationMessage = "wrappedDeprecationMessage",
}

/// The symbols of all names.
pub(crate) struct Names(Vec<Symbol>);

/// What stands for a name that does not occur in the evaluation: no set has it.
const ABSENT: Symbol = Symbol(u32::MAX);

impl Names {
    fn find(symbols: &SymbolTable) -> Self {
        let find = |text: &&str| symbols.find(text.as_bytes()).unwrap_or(ABSENT);
        Self(TEXTS.iter().map(find).collect())
    }
}

impl Intrinsics {
    /// Looks names up that were not there before.
    pub(super) fn find_names(&mut self, symbols: &SymbolTable) {
        let is_complete = |names: &Names| !names.0.contains(&ABSENT);
        if !self.names.as_deref().is_some_and(is_complete) {
            self.names = Some(Box::new(Names::find(symbols)));
        }
    }

    /// Looks names up where that was not done: values that were saved come with functions that are linked.
    #[inline]
    pub(super) fn need_names(&mut self, symbols: &SymbolTable) {
        if self.names.is_none() {
            self.find_names(symbols);
        }
    }
}

impl Evaluator {
    /// The symbol of a name.
    #[inline]
    pub(super) fn known_name(&self, name: Name) -> Symbol {
        let names = self.intrinsics.names.as_deref();
        names.map_or(ABSENT, |names| names.0[name as usize])
    }
}
