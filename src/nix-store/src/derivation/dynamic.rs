//! Inputs that are outputs of derivations which are themselves outputs of derivations (Nix's
//! experimental feature `dynamic-derivations`, `libstore/derived-path-map.hh`).

use std::collections::{BTreeMap, BTreeSet};

use super::{Derivation, Text};
use crate::store_path::StorePath;

/// What is used of derivations that are outputs of another one, by that one's outputs.
pub type DynamicOutputs<'text> = BTreeMap<Text<'text>, DynamicInput<'text>>;

/// What is used of a derivation that is an output of another one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DynamicInput<'text> {
    /// Its outputs.
    pub outputs: BTreeSet<Text<'text>>,
    /// The outputs of derivations that are outputs of it.
    pub dynamic: DynamicOutputs<'text>,
}

impl<'text> Derivation<'text> {
    /// Adds an output to the inputs: that of the derivation at `path`, or of the one that the first of
    /// `through` of it turns out to be, and so on.
    pub fn add_input(
        &mut self,
        path: StorePath,
        through: impl IntoIterator<Item = Text<'text>>,
        output: Text<'text>,
    ) {
        let mut through = through.into_iter();
        let outputs = self.input_derivations.entry(path.clone()).or_default();
        let Some(first) = through.next() else {
            outputs.insert(output);
            return;
        };
        let outer = self.dynamic_inputs.entry(path).or_default();
        let mut input = outer.entry(first).or_default();
        for name in through {
            input = input.dynamic.entry(name).or_default();
        }
        input.outputs.insert(output);
    }
}

impl DynamicInput<'_> {
    pub(super) fn into_owned(self) -> DynamicInput<'static> {
        let outputs = self.outputs.into_iter();
        DynamicInput {
            outputs: outputs.map(|name| Text::Owned(name.into_owned())).collect(),
            dynamic: own(self.dynamic),
        }
    }
}

/// A copy that borrows nothing.
pub(super) fn own(outputs: DynamicOutputs<'_>) -> DynamicOutputs<'static> {
    let outputs = outputs.into_iter();
    outputs
        .map(|(name, input)| (Text::Owned(name.into_owned()), input.into_owned()))
        .collect()
}
