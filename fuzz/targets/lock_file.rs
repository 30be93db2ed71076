//! Lock files and flake references: what is read and written is read the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nix_flake::lock::LockFile;
use nix_flake::{FlakeRef, ParseOptions};

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(file) = LockFile::parse(text, "flake.lock") {
        let (written, _) = file.to_text();
        let again = LockFile::parse(&written, "flake.lock").expect("what was written is read");
        assert_eq!(again.to_text().0, written);
    }
    if let Ok(reference) = FlakeRef::parse(text, ParseOptions::default()) {
        let _ = reference.show();
    }
});
