//! Derivations: what to build, from what, with what.
//!
//! Here are the data and the rules about outputs; reading and writing the `.drv` format, hashing
//! and working out paths have files of their own. Follows Nix's `libstore/derivations.cc`.
//! Structured attributes are the variable `__json` of the environment, as in the `.drv` file.

mod dynamic;
mod instantiate;
mod modulo;
mod parse;
mod template;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use bstr::BString;

use crate::content_address::{ContentAddress, Method};
use crate::hash::Algorithm;
use crate::store_dir::{NotContentAddressable, References, StoreDir, output_path_name};
use crate::store_path::{StorePath, StorePathError};

pub use dynamic::{DynamicInput, DynamicOutputs};
pub use instantiate::Instantiated;
pub use modulo::{InputHashes, ModuloHash};
pub use parse::{ParseError, ParseProblem};

/// Text of a derivation, borrowed from its source where that can be.
pub type Text<'text> = Cow<'text, [u8]>;

/// A derivation. The maps and sets keep everything in the bytewise order that hashes depend on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Derivation<'text> {
    /// The name of the `.drv` file without that ending.
    pub name: Text<'text>,
    /// Outputs by name.
    pub outputs: BTreeMap<Text<'text>, Output>,
    /// Store objects that it uses as they are.
    pub input_sources: BTreeSet<StorePath>,
    /// The outputs of other derivations that it uses, by `.drv` path.
    pub input_derivations: BTreeMap<StorePath, BTreeSet<Text<'text>>>,
    /// What it uses of derivations that are outputs of these; each has its entry in
    /// `input_derivations` too, though it may be empty.
    pub dynamic_inputs: BTreeMap<StorePath, DynamicOutputs<'text>>,
    /// The kind of machine that builds it, such as `x86_64-linux`.
    pub system: Text<'text>,
    /// The program that builds it.
    pub builder: Text<'text>,
    /// That program's arguments.
    pub args: Vec<Text<'text>>,
    /// Its environment.
    pub env: BTreeMap<Text<'text>, Text<'text>>,
}

/// An output of a derivation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Its path follows from the derivation.
    InputAddressed(StorePath),
    /// Its path will follow from the derivation, once it is [instantiated](Derivation::instantiate)
    /// or, where an input's path is not known before it is built, only then.
    Deferred,
    /// Its path follows from contents that are known beforehand.
    Fixed(ContentAddress),
    /// Its path follows from its contents, whatever they turn out to be (`__contentAddressed`).
    Floating {
        /// What will be hashed.
        method: Method,
        /// With what.
        algorithm: Algorithm,
    },
    /// As `Floating`, and built anew each time (`__impure`).
    Impure {
        /// What will be hashed.
        method: Method,
        /// With what.
        algorithm: Algorithm,
    },
}

/// What all outputs of a derivation have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Addressing {
    /// Paths follow from inputs.
    Input,
    /// The contents of the one output are known beforehand.
    Fixed,
    /// Paths follow from contents not known beforehand.
    Floating,
}

/// A derivation that breaks a rule. The messages are Nix's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DerivationError {
    /// No outputs at all.
    #[error("must have at least one output")]
    NoOutputs,
    /// Outputs of different kinds.
    #[error("can't mix derivation output types")]
    MixedOutputs,
    /// More than one fixed output.
    #[error("only one fixed output is allowed for now")]
    ManyFixedOutputs,
    /// A fixed output of another name than `out`.
    #[error("single fixed output must be named \"out\"")]
    FixedOutputName,
    /// Floating outputs that differ in algorithm.
    #[error("all floating outputs must use the same hash algorithm")]
    MixedAlgorithms,
    /// An output path that does not follow from the derivation.
    #[error("derivation has incorrect output '{found}', should be '{expected}'")]
    WrongOutput {
        /// The path given.
        found: BString,
        /// The path that follows.
        expected: BString,
    },
    /// An output path, where an input's is not known before it is built.
    #[error("derivation has incorrect output '{found}', should be deferred")]
    NotDeferred {
        /// The path given.
        found: BString,
    },
    /// A variable named like an output that holds another path.
    #[error(
        "derivation has incorrect environment variable '{output}', should be '{expected}' but is \
         actually '{found}'"
    )]
    WrongVariable {
        /// The output.
        output: BString,
        /// Its path.
        expected: BString,
        /// The variable's value.
        found: BString,
    },
    /// A use of an output that the other derivation has not.
    #[error("no hash for output '{output}' of derivation '{name}'")]
    NoSuchOutput {
        /// The output.
        output: BString,
        /// The derivation that uses it.
        name: BString,
    },
    /// A fixed output for which there is no path.
    #[error(transparent)]
    NotContentAddressable(#[from] NotContentAddressable),
    /// A name that Nix does not allow.
    #[error(transparent)]
    Path(#[from] StorePathError),
}

impl Derivation<'_> {
    /// The kind of its outputs.
    ///
    /// # Errors
    ///
    /// Outputs that cannot be in one derivation.
    pub fn addressing(&self) -> Result<Addressing, DerivationError> {
        let mut outputs = self.outputs.iter();
        let Some((name, first)) = outputs.next() else {
            return Err(DerivationError::NoOutputs);
        };
        for (_, other) in outputs.clone() {
            if std::mem::discriminant(first) != std::mem::discriminant(other) {
                return Err(DerivationError::MixedOutputs);
            }
        }
        match first {
            Output::InputAddressed(_) | Output::Deferred => Ok(Addressing::Input),
            Output::Fixed(_) if self.outputs.len() > 1 => Err(DerivationError::ManyFixedOutputs),
            Output::Fixed(_) if name.as_ref() != b"out" => Err(DerivationError::FixedOutputName),
            Output::Fixed(_) => Ok(Addressing::Fixed),
            Output::Floating { algorithm, .. } => {
                let same = |output: &Output| matches!(output, Output::Floating { algorithm: other, .. } if other == algorithm);
                if outputs.all(|(_, output)| same(output)) {
                    Ok(Addressing::Floating)
                } else {
                    Err(DerivationError::MixedAlgorithms)
                }
            }
            Output::Impure { .. } => Ok(Addressing::Floating),
        }
    }

    /// The paths of its outputs as far as they are known, in the order of their names.
    ///
    /// # Errors
    ///
    /// A fixed output for which there is no path.
    pub fn output_paths(
        &self,
        store: &StoreDir,
    ) -> Result<Vec<Option<StorePath>>, DerivationError> {
        self.outputs
            .iter()
            .map(|(name, output)| match output {
                Output::InputAddressed(path) => Ok(Some(path.clone())),
                Output::Fixed(address) => {
                    let name = output_path_name(&self.name, name);
                    let none = References::default();
                    Ok(Some(store.content_addressed_path(&name, address, &none)?))
                }
                Output::Deferred | Output::Floating { .. } | Output::Impure { .. } => Ok(None),
            })
            .collect()
    }

    /// The path of its `.drv` file, whose text is `aterm`.
    ///
    /// # Errors
    ///
    /// A name that Nix does not allow, or too long a one with `.drv` added.
    pub fn path(&self, store: &StoreDir, aterm: &[u8]) -> Result<StorePath, StorePathError> {
        let mut references: Vec<&StorePath> = self
            .input_sources
            .iter()
            .chain(self.input_derivations.keys())
            .collect();
        references.sort_unstable();
        references.dedup();
        store.text_path(
            &[&self.name, b".drv".as_slice()].concat(),
            aterm,
            references,
        )
    }

    /// A copy that borrows nothing.
    #[must_use]
    pub fn into_owned(self) -> Derivation<'static> {
        let own = |text: Text<'_>| Cow::Owned(text.into_owned());
        Derivation {
            name: own(self.name),
            outputs: self
                .outputs
                .into_iter()
                .map(|(name, output)| (own(name), output))
                .collect(),
            input_sources: self.input_sources,
            input_derivations: self
                .input_derivations
                .into_iter()
                .map(|(path, outputs)| (path, outputs.into_iter().map(own).collect()))
                .collect(),
            dynamic_inputs: self
                .dynamic_inputs
                .into_iter()
                .map(|(path, outputs)| (path, dynamic::own(outputs)))
                .collect(),
            system: own(self.system),
            builder: own(self.builder),
            args: self.args.into_iter().map(own).collect(),
            env: self
                .env
                .into_iter()
                .map(|(name, value)| (own(name), own(value)))
                .collect(),
        }
    }
}
