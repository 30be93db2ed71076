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
    let name = derivation
        .derivation_name()
        .unwrap_or_else(|| derivation.name());
    let mut text = format!("nix-upstream-output:{}:", derivation.hash_part()).into_bytes();
    text.extend_from_slice(&output_path_name(name.as_bytes(), output));
    render(&text)
}

fn render(text: &[u8]) -> String {
    format!(
        "/{}",
        Hash::of(Algorithm::Sha256, text).encode(Encoding::Nix32)
    )
}
