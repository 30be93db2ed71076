//! Fleets in memory, and the paths of the repository.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use coop::catalogue::{self, Shelf, built_in_label};
use coop::diagnostics::{self, Format, Renderer};
use coop::fleet::{self, Files, Fleet};

/// Files by path. In a test file, `#=== PATH` begins another file than `coop.toml`, and `@CATALOGUE@`
/// stands for the nixpkgs of the compiled-in catalogue.
#[derive(Clone, Default)]
pub(crate) struct Memory(pub(crate) BTreeMap<String, String>);

impl Memory {
    pub(crate) fn parse(text: &str) -> Self {
        let mut files = BTreeMap::new();
        let mut path = "coop.toml".to_owned();
        for line in text.split_inclusive('\n') {
            if let Some(next) = line.strip_prefix("#=== ") {
                next.trim().clone_into(&mut path);
            } else {
                files
                    .entry(path.clone())
                    .or_insert_with(String::new)
                    .push_str(&line.replace("@CATALOGUE@", &built_in_label().nar_hash));
            }
        }
        Self(files)
    }

    /// The fleet, with what the compiled-in catalogue says of its options.
    pub(crate) fn load(&self) -> Fleet {
        let mut fleet = fleet::load(self);
        let options = catalogue::findings(&fleet, self, &Shelf::default());
        fleet.findings.extend(options);
        diagnostics::sort(&mut fleet.findings);
        fleet
    }
}

impl Files for Memory {
    fn read(&self, path: &str) -> io::Result<String> {
        self.0
            .get(path)
            .cloned()
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }
    fn list(&self, folder: &str) -> Vec<String> {
        let names = self
            .0
            .keys()
            .filter_map(|path| path.strip_prefix(folder)?.strip_prefix('/'));
        names
            .filter(|name| !name.contains('/'))
            .map(str::to_owned)
            .collect()
    }
}

/// The top of the repository.
pub(crate) fn top() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// All findings as people see them.
pub(crate) fn messages(fleet: &Fleet, format: Format) -> String {
    Renderer {
        sources: &fleet.sources,
        format,
        color: false,
        deny_warnings: false,
    }
    .render(&fleet.findings)
}
