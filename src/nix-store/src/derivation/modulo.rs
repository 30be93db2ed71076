//! The hash of a derivation modulo its fixed-output inputs, from which output paths follow: how a
//! fixed output is fetched must not change the paths of what is built from it.

use std::collections::BTreeSet;

use data_encoding::HEXLOWER;

use super::template::{Outputs, Template, write_inputs};
use super::{Addressing, Derivation, DerivationError, Output, Text};
use crate::hash::{Algorithm, Hasher};
use crate::store_dir::StoreDir;
use crate::store_path::StorePath;

/// The hash that stands for a derivation in those that use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ModuloHash {
    /// SHA-256.
    pub digest: [u8; 32],
    /// Whether its output paths, and those of all that use it, are known only once it is built.
    pub deferred: bool,
}

/// Finds the [`ModuloHash`] of the derivation at a path, for the named output of it. Callers keep
/// the hashes they have got. An output that the derivation has not is
/// [`DerivationError::NoSuchOutput`].
pub type InputHashes<'lookup, E> = dyn FnMut(&StorePath, &[u8]) -> Result<ModuloHash, E> + 'lookup;

/// The inputs with each derivation replaced by its hash; those with equal hashes become one.
pub(super) struct ReplacedInputs {
    pub(super) text: Vec<u8>,
    pub(super) deferred: bool,
}

impl Derivation<'_> {
    /// Its own [`ModuloHash`], outputs included as they are: what it is in derivations that use it.
    ///
    /// # Errors
    ///
    /// Those of `inputs`, and outputs that cannot be.
    pub fn hash_modulo<E: From<DerivationError>>(
        &self,
        store: &StoreDir,
        inputs: &mut InputHashes<'_, E>,
    ) -> Result<ModuloHash, E> {
        let addressing = self.addressing()?;
        if addressing == Addressing::Fixed {
            return Ok(self.hash_of_fixed(store)?);
        }
        let replaced = self.replace_inputs(inputs)?;
        let shown = self.shown_outputs(store)?;
        let digest = hash_rendered(&Template::new(self, store), &shown, &replaced.text);
        Ok(ModuloHash {
            digest,
            deferred: replaced.deferred || addressing == Addressing::Floating,
        })
    }

    /// A fixed output counts as its contents and path only.
    pub(super) fn hash_of_fixed(&self, store: &StoreDir) -> Result<ModuloHash, DerivationError> {
        let mut hasher = Hasher::new(Algorithm::Sha256);
        let paths = self.output_paths(store)?;
        for (output, path) in self.outputs.values().zip(&paths) {
            if let (Output::Fixed(address), Some(path)) = (output, path) {
                hasher.update(b"fixed:out:");
                hasher.update(address.fixed_text().as_bytes());
                hasher.update(b":");
                hasher.update(&store.print(path));
            }
        }
        Ok(ModuloHash {
            digest: finish(hasher),
            deferred: false,
        })
    }

    pub(super) fn replace_inputs<E>(
        &self,
        inputs: &mut InputHashes<'_, E>,
    ) -> Result<ReplacedInputs, E> {
        let mut deferred = false;
        let mut uses: BTreeSet<([u8; 32], &[u8])> = BTreeSet::new();
        for (path, outputs) in &self.input_derivations {
            // Whether its outputs are known counts for those that are outputs of it, too.
            if outputs.is_empty() && self.dynamic_inputs.contains_key(path) {
                deferred |= inputs(path, b"")?.deferred;
            }
            for output in outputs.iter().map(Text::as_ref) {
                let hash = inputs(path, output)?;
                deferred |= hash.deferred;
                uses.insert((hash.digest, output));
            }
        }
        let uses: Vec<_> = uses.into_iter().collect();
        let text = write_inputs(uses.chunk_by(|left, right| left.0 == right.0).map(|same| {
            (
                HEXLOWER.encode(&same[0].0).into_bytes(),
                same.iter().map(|(_, output)| *output),
                // Nix leaves out what is not known before something is built.
                None,
            )
        }));
        Ok(ReplacedInputs { text, deferred })
    }
}

pub(super) fn hash_rendered(template: &Template, outputs: &Outputs, inputs: &[u8]) -> [u8; 32] {
    let mut hasher = Hasher::new(Algorithm::Sha256);
    template.render(outputs, inputs, &mut |piece| hasher.update(piece));
    finish(hasher)
}

fn finish(hasher: Hasher) -> [u8; 32] {
    hasher.finish().fold()
}
