//! `oracle intrinsics`: which functions of a nixpkgs coop knows.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;
use nix_eval::intrinsics::survey::{self, Sighting};

use super::OracleError;

/// Show which functions of a nixpkgs' library are known to coop
#[derive(Args)]
pub(crate) struct Intrinsics {
    /// The `lib` folder of a nixpkgs
    library: PathBuf,
}

/// The files of the library in which known functions stand.
const FILES: [&str; 6] = [
    "attrsets.nix",
    "lists.nix",
    "modules.nix",
    "options.nix",
    "trivial.nix",
    "types.nix",
];

impl Intrinsics {
    /// Whether all known functions are there as they are known.
    pub(crate) fn run(&self) -> Result<bool, OracleError> {
        let mut missing: BTreeSet<&str> = survey::names().into_iter().collect();
        for name in FILES {
            let path = self.library.join(name);
            let text = std::fs::read(&path).map_err(|source| OracleError::Read { path, source })?;
            for sighting in survey::survey(&text) {
                let Sighting {
                    name: function,
                    fingerprint,
                    is_known,
                } = sighting;
                let shown = if is_known { "known" } else { "unknown" };
                tell!("{name}\t{function}\t{fingerprint}\t{shown}");
                if is_known {
                    missing.remove(function);
                }
            }
        }
        for name in &missing {
            tell!("-\t{name}\t-\tmissing");
        }
        Ok(missing.is_empty())
    }
}
