//! `.drv` files: what is read and written is read the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nix_store::StoreDir;
use nix_store::derivation::{Derivation, DynamicOutputs};

/// As in Nix, the system and the names of outputs are written without escapes.
fn is_plain(name: impl AsRef<[u8]>) -> bool {
    !name.as_ref().iter().any(|byte| b"\\\"".contains(byte))
}

fn are_plain(outputs: &DynamicOutputs<'_>) -> bool {
    outputs.iter().all(|(name, input)| {
        is_plain(name) && input.outputs.iter().all(is_plain) && are_plain(&input.dynamic)
    })
}

fuzz_target!(|text: &[u8]| {
    let store = StoreDir::default();
    let Ok(derivation) = Derivation::parse(&store, b"name", text) else {
        return;
    };
    let Ok(written) = derivation.to_aterm(&store) else {
        return;
    };
    let is_exact = is_plain(&derivation.system)
        && derivation.outputs.keys().all(is_plain)
        && derivation
            .input_derivations
            .values()
            .flatten()
            .all(is_plain)
        && derivation.dynamic_inputs.values().all(are_plain);
    if is_exact {
        let again = Derivation::parse(&store, b"name", &written).expect("it was written");
        assert_eq!(again, derivation);
    }
});
