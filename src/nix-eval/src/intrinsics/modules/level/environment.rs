//! What is known of a level and of a name in it, as variables of environments.

use super::parts;
use crate::eval::{Evaluator, R};
use crate::heap::Value;
use crate::intrinsics::Site;
use crate::symbol::Symbol;

/// The variables of a level.
pub(super) const PREFIX: u32 = 0;
/// The modules, as a list of sets, or of `(file, options, parent)`.
pub(super) const MODULES: u32 = 1;
/// How many values belong together in [`MODULES`].
pub(super) const STRIDE: u32 = 2;
/// The configurations, as a list of `(file, config)`; a thunk.
pub(super) const CONFIGS: u32 = 3;
/// The options, by name; a thunk.
pub(super) const OPTIONS: u32 = 4;
/// The definitions, by name, as lists of `(file, value)`; a thunk.
pub(super) const DEFINITIONS: u32 = 5;
/// What comes of each name, in the order of the shape of [`OPTIONS`], once that was forced.
pub(super) const RESULTS: u32 = 6;
/// The level as it is written; a thunk.
pub(super) const AS_WRITTEN: u32 = 7;
/// The name in the level outside, where there is one.
pub(super) const OWN_NAME: u32 = 8;
/// How many variables there are.
pub(super) const VARIABLES: usize = 9;

/// The variables of a name.
pub(super) const NAME: u32 = 0;
/// The declarations, as a list of `(file, options, parent)`: the set in which the name was written is its parent.
pub(super) const DECLARATIONS: u32 = 1;
/// What comes of it; a thunk: true for an option, false for one that is evaluated as it is written, and for a
/// level what `mergeModules'` gives.
pub(super) const RESULT: u32 = 2;

/// Values of a declaration, and of a definition.
pub(super) const DECLARATION: u32 = 3;
pub(super) const DEFINITION: u32 = 2;

/// The environment of a level.
#[derive(Clone, Copy)]
pub(in crate::intrinsics::modules) struct Level(pub(super) u32);

/// The environment of a name in a level.
#[derive(Clone, Copy)]
pub(in crate::intrinsics::modules) struct NameEnv(pub(in crate::intrinsics::modules) u32);

/// A declaration of a name.
#[derive(Clone, Copy)]
pub(in crate::intrinsics::modules) struct Declaration {
    pub(in crate::intrinsics::modules) file: Value,
    pub(in crate::intrinsics::modules) options: Value,
    pub(in crate::intrinsics::modules) parent: Value,
}

impl Level {
    /// The environment of what `mergeModules'` relies on.
    pub(in crate::intrinsics::modules) fn outer(self, evaluator: &Evaluator, site: Site) -> u32 {
        site.outer_of_function(&evaluator.heap, self.closure(evaluator))
    }

    /// The environment in which `mergeModules'` was bound.
    pub(super) fn closure(self, evaluator: &Evaluator) -> u32 {
        evaluator.heap.env_up(self.0)
    }

    pub(super) fn get(self, evaluator: &Evaluator, variable: u32) -> Value {
        evaluator.heap.env_slot(self.0, variable)
    }

    pub(super) fn force(self, evaluator: &mut Evaluator, variable: u32) -> R<Value> {
        let value = self.get(evaluator, variable);
        evaluator.force(value)
    }

    /// Where a name of the level is: the names that lead to it. Nobody asks for it but messages and some types,
    /// so that it waits for a prefix that was not asked for yet.
    pub(in crate::intrinsics::modules) fn location(
        self,
        evaluator: &mut Evaluator,
        site: Site,
        name: NameEnv,
    ) -> Value {
        match evaluator.list_at_hand(self.get(evaluator, PREFIX)) {
            Some(prefix) => evaluator.list_and(prefix, name.get(evaluator, NAME)),
            None => evaluator.suspend_part(site, parts::LOCATION, name.0),
        }
    }
}

impl NameEnv {
    pub(in crate::intrinsics::modules) fn level(self, evaluator: &Evaluator) -> Level {
        Level(evaluator.heap.env_up(self.0))
    }

    pub(super) fn get(self, evaluator: &Evaluator, variable: u32) -> Value {
        evaluator.heap.env_slot(self.0, variable)
    }

    pub(super) fn declaration_count(self, evaluator: &Evaluator) -> u32 {
        evaluator
            .heap
            .list_length(self.get(evaluator, DECLARATIONS))
            / DECLARATION
    }

    pub(in crate::intrinsics::modules) fn declaration(
        self,
        evaluator: &Evaluator,
        number: u32,
    ) -> Declaration {
        let list = self.get(evaluator, DECLARATIONS);
        let item = |part| evaluator.heap.list_item(list, number * DECLARATION + part);
        Declaration {
            file: item(0),
            options: item(1),
            parent: item(2),
        }
    }

    pub(super) fn symbol(self, evaluator: &mut Evaluator) -> Symbol {
        let name = self.get(evaluator, NAME);
        evaluator.string_to_symbol(name)
    }
}
