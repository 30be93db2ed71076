//! Stand-ins for output paths that are not known yet; a builder finds the real path in their
//! place. Follows Nix's `hashPlaceholder` and `libstore/downstream-placeholder.cc`.

use crate::hash::{Algorithm, Encoding, Hash};
use crate::store_dir::output_path_name;
use crate::store_path::StorePath;

/// `builtins.placeholder`: stands for the derivation's own output.
#[must_use]
pub fn placeholder(output: &[u8]) -> String {
    render(&[b"nix-output:", output].concat())
}

/// Stands for an output of another derivation whose path only its build decides, because it is
/// content-addressed. `derivation` is the path of its `.drv` file.
#[must_use]
pub fn downstream_placeholder(derivation: &StorePath, output: &[u8]) -> String {
    render(&downstream_text(derivation, output))
}

fn downstream_text(derivation: &StorePath, output: &[u8]) -> Vec<u8> {
    let name = derivation
        .derivation_name()
        .unwrap_or_else(|| derivation.name());
    let mut text = format!("nix-upstream-output:{}:", derivation.hash_part()).into_bytes();
    text.extend_from_slice(&output_path_name(name.as_bytes(), output));
    text
}

/// Stands for an output of a derivation that is itself an output of another one: `first` of the
/// derivation at `derivation`, then each of `outputs` of the one before.
#[must_use]
pub fn dynamic_placeholder<'name>(
    derivation: &StorePath,
    first: &[u8],
    outputs: impl IntoIterator<Item = &'name [u8]>,
) -> String {
    let mut hash = Hash::of(Algorithm::Sha256, &downstream_text(derivation, first));
    for output in outputs {
        let folded: [u8; 20] = hash.fold();
        let folded = Hash::from_digest(Algorithm::Sha1, &folded).encode(Encoding::Nix32);
        let text = [format!("nix-computed-output:{folded}:").as_bytes(), output].concat();
        hash = Hash::of(Algorithm::Sha256, &text);
    }
    show(hash)
}

fn render(text: &[u8]) -> String {
    show(Hash::of(Algorithm::Sha256, text))
}

fn show(hash: Hash) -> String {
    format!("/{}", hash.encode(Encoding::Nix32))
}
