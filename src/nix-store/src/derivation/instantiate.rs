//! From a derivation as an expression describes it to its `.drv` file: output paths, hash, text
//! and path in one go.

use std::borrow::Cow;

use super::modulo::{InputHashes, ModuloHash, ReplacedInputs, hash_rendered};
use super::template::{Outputs, Template};
use super::{Addressing, Derivation, DerivationError, Output};
use crate::hash::{Algorithm, Hash};
use crate::store_dir::StoreDir;
use crate::store_path::StorePath;

/// A derivation ready to be built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instantiated {
    /// The path of the `.drv` file.
    pub path: StorePath,
    /// Its text.
    pub aterm: Vec<u8>,
    /// The paths of the outputs, in the order of their names, as far as they are known.
    pub outputs: Vec<Option<StorePath>>,
    /// What it counts as in derivations that use it.
    pub modulo: ModuloHash,
}

impl Derivation<'_> {
    /// Fills in the paths of [deferred](Output::Deferred) outputs, and the variables named like
    /// outputs that are missing or empty; then works out everything else. Outputs stay deferred
    /// where an input's path is known only once it is built.
    ///
    /// # Errors
    ///
    /// Those of `inputs`; outputs that cannot be; paths that are there already and wrong.
    pub fn instantiate<E: From<DerivationError>>(
        &mut self,
        store: &StoreDir,
        inputs: &mut InputHashes<'_, E>,
    ) -> Result<Instantiated, E> {
        let addressing = self.addressing()?;
        // A fixed output stands for itself: what its inputs hash to is not even looked up.
        let replaced = match addressing {
            Addressing::Fixed => ReplacedInputs {
                text: Vec::new(),
                deferred: false,
            },
            Addressing::Input | Addressing::Floating => self.replace_inputs(inputs)?,
        };
        Ok(self.finish(store, addressing, &replaced)?)
    }

    fn finish(
        &mut self,
        store: &StoreDir,
        addressing: Addressing,
        replaced: &ReplacedInputs,
    ) -> Result<Instantiated, DerivationError> {
        let variables_before = self.env.len();
        let mut template = Template::new(self, store);
        if addressing == Addressing::Input {
            let masked = hash_rendered(&template, &Outputs::Masked, &replaced.text);
            self.settle_outputs(store, masked, replaced.deferred)?;
        }
        let outputs = self.output_paths(store)?;
        if addressing != Addressing::Floating {
            self.settle_variables(store, &outputs)?;
        }
        if self.env.len() != variables_before {
            template = Template::new(self, store);
        }
        let shown = self.shown_outputs(store)?;
        let modulo = if addressing == Addressing::Fixed {
            self.hash_of_fixed(store)?
        } else {
            ModuloHash {
                digest: hash_rendered(&template, &shown, &replaced.text),
                deferred: replaced.deferred || addressing == Addressing::Floating,
            }
        };
        let inputs = self.write_real_inputs(store);
        let mut aterm = Vec::with_capacity(template.length(&shown, &inputs));
        template.render(&shown, &inputs, &mut |piece| {
            aterm.extend_from_slice(piece);
        });
        Ok(Instantiated {
            path: self.path(store, &aterm)?,
            aterm,
            outputs,
            modulo,
        })
    }

    fn settle_outputs(
        &mut self,
        store: &StoreDir,
        masked: [u8; 32],
        deferred: bool,
    ) -> Result<(), DerivationError> {
        let hash = Hash::from_digest(Algorithm::Sha256, &masked);
        for (name, output) in &mut self.outputs {
            match output {
                Output::InputAddressed(path) if deferred => {
                    return Err(DerivationError::NotDeferred {
                        found: store.print(path).into(),
                    });
                }
                Output::InputAddressed(path) => {
                    let expected = store.output_path(name, &hash, &self.name)?;
                    if *path != expected {
                        return Err(DerivationError::WrongOutput {
                            found: store.print(path).into(),
                            expected: store.print(&expected).into(),
                        });
                    }
                }
                Output::Deferred if !deferred => {
                    *output = Output::InputAddressed(store.output_path(name, &hash, &self.name)?);
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn settle_variables(
        &mut self,
        store: &StoreDir,
        paths: &[Option<StorePath>],
    ) -> Result<(), DerivationError> {
        for (name, path) in self.outputs.keys().zip(paths) {
            let Some(path) = path else { continue };
            let expected = store.print(path);
            match self.env.get_mut(name) {
                Some(value) if value.as_ref() == expected => {}
                Some(value) if value.is_empty() => *value = Cow::Owned(expected),
                Some(value) => {
                    return Err(DerivationError::WrongVariable {
                        output: name.as_ref().into(),
                        expected: expected.into(),
                        found: value.as_ref().into(),
                    });
                }
                None => {
                    self.env.insert(name.clone(), Cow::Owned(expected));
                }
            }
        }
        Ok(())
    }
}
