//! `.drv` files: what is read and written is read the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nix_store::StoreDir;
use nix_store::derivation::Derivation;

fuzz_target!(|text: &[u8]| {
    let store = StoreDir::default();
    if let Ok(derivation) = Derivation::parse(&store, b"name", text)
        && let Ok(written) = derivation.to_aterm(&store)
        // As in Nix, the system and the names of outputs are written without escapes.
        && let Ok(again) = Derivation::parse(&store, b"name", &written)
    {
        assert_eq!(again.to_aterm(&store).expect("it was written before"), written);
    }
});
