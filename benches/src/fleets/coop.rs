//! A fleet in a folder, and coop at work on it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use tempfile::TempDir;

use super::fleet::Fleet;
use super::{FleetsError, Programs, write};
use crate::measure::{Cost, measure};

/// The paths of derivations, by `host NAME` and `test SYSTEM/NAME`.
pub(crate) type Derivations = BTreeMap<String, String>;

/// What `coop check --save-record` writes, as far as it is needed.
#[derive(Deserialize)]
struct Proof {
    hosts: BTreeMap<String, Outcome>,
    tests: BTreeMap<String, Outcome>,
}

#[derive(Deserialize)]
struct Outcome {
    derivation: Option<String>,
}

/// A fleet in a temporary folder, and what coop keeps of it in another.
pub(crate) struct Place<'a> {
    programs: &'a Programs,
    pub(crate) fleet: &'a Fleet,
    folder: TempDir,
}

impl<'a> Place<'a> {
    /// Writes the fleet and generates its tree.
    pub(crate) fn new(programs: &'a Programs, fleet: &'a Fleet) -> Result<Self, FleetsError> {
        let place = Self {
            programs,
            fleet,
            folder: temporary()?,
        };
        let tree = place.tree();
        fs::create_dir(&tree).map_err(|source| FleetsError::Write { path: tree, source })?;
        place.save(&fleet.text())?;
        measure(
            Command::new(&programs.coop)
                .arg("generate")
                .current_dir(place.tree()),
        )?;
        Ok(place)
    }

    /// The folder around all of it.
    pub(crate) fn around(&self) -> &Path {
        self.folder.path()
    }

    /// The folder of `coop.toml` and of what was generated.
    pub(crate) fn tree(&self) -> PathBuf {
        self.around().join("fleet")
    }

    /// The cache folder of all checks but those with an empty one.
    pub(crate) fn cache(&self) -> PathBuf {
        self.around().join("cache")
    }

    /// Deletes evaluations that hibernate, if there are any.
    pub(crate) fn wake_none(&self) -> Result<(), FleetsError> {
        let path = self.cache().join("coop/evaluations");
        match fs::remove_dir_all(&path) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                Err(FleetsError::Write { path, source })
            }
            _ => Ok(()),
        }
    }

    /// Writes another `coop.toml`.
    pub(crate) fn save(&self, text: &str) -> Result<(), FleetsError> {
        write(&self.tree().join("coop.toml"), text)
    }

    /// Checks the fleet as it stands, and refuses an answer that lacks a host.
    pub(crate) fn check(
        &self,
        cache: &Path,
        is_fresh: bool,
    ) -> Result<(Cost, Derivations), FleetsError> {
        let record = self.around().join("record.json");
        let mut command = Command::new(&self.programs.coop);
        command
            .args(["check", "--require", "evaluation", "--save-record"])
            .arg(&record)
            .args(is_fresh.then_some("--fresh"))
            .current_dir(self.tree())
            .env("COOP_NIXPKGS", &self.programs.nixpkgs)
            .env("XDG_CACHE_HOME", cache);
        let (cost, _) = measure(&mut command)?;
        let text = fs::read(&record).map_err(|source| FleetsError::Read {
            path: record.clone(),
            source,
        })?;
        let proof: Proof = serde_json::from_slice(&text).map_err(|source| FleetsError::Answer {
            program: self.programs.coop.clone(),
            source,
        })?;
        Ok((cost, self.complete(proof)?))
    }

    /// The derivations, if they are those of all hosts.
    fn complete(&self, proof: Proof) -> Result<Derivations, FleetsError> {
        let evaluated: Vec<&str> = proof
            .hosts
            .iter()
            .filter(|(_, outcome)| outcome.derivation.is_some())
            .map(|(name, _)| name.as_str())
            .collect();
        if evaluated != self.fleet.names() {
            return Err(FleetsError::Incomplete {
                found: evaluated.len(),
                hosts: self.fleet.names().len(),
            });
        }
        let named = |kind: &'static str, outcomes: BTreeMap<String, Outcome>| {
            outcomes.into_iter().filter_map(move |(name, outcome)| {
                Some((format!("{kind} {name}"), outcome.derivation?))
            })
        };
        Ok(named("host", proof.hosts)
            .chain(named("test", proof.tests))
            .collect())
    }
}

/// An empty folder that goes away.
pub(crate) fn temporary() -> Result<TempDir, FleetsError> {
    tempfile::tempdir().map_err(|source| FleetsError::Write {
        path: std::env::temp_dir(),
        source,
    })
}

/// What a folder takes of the disk, in bytes.
pub(crate) fn disk(folder: &Path) -> Result<u64, FleetsError> {
    let read = |source| FleetsError::Read {
        path: folder.to_owned(),
        source,
    };
    let mut bytes = 0;
    for entry in fs::read_dir(folder).map_err(read)? {
        let entry = entry.map_err(read)?;
        let metadata = entry.metadata().map_err(read)?;
        // Blocks are of 512 bytes, whatever the file system's are (stat(2)).
        bytes += metadata.blocks() * 512;
        if metadata.is_dir() {
            bytes += disk(&entry.path())?;
        }
    }
    Ok(bytes)
}

/// The names of what has another derivation, or is in one of both only.
pub(crate) fn differences<'a>(one: &'a Derivations, other: &'a Derivations) -> Vec<&'a str> {
    let mut names: Vec<&str> = one
        .keys()
        .chain(other.keys())
        .filter(|name| one.get(*name) != other.get(*name))
        .map(String::as_str)
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn derivations(pairs: &[(&str, &str)]) -> Derivations {
        let pairs = pairs.iter();
        pairs
            .map(|(name, path)| ((*name).to_owned(), (*path).to_owned()))
            .collect()
    }

    #[test]
    fn what_differs_or_is_missing_on_either_side_is_named_once() {
        let one = derivations(&[("host a", "1"), ("host b", "2"), ("host c", "3")]);
        let other = derivations(&[("host a", "1"), ("host b", "4"), ("host d", "5")]);
        assert_eq!(differences(&one, &other), ["host b", "host c", "host d"]);
        assert!(differences(&one, &one).is_empty());
    }

    #[test]
    fn the_disk_of_a_folder_is_that_of_all_files_below_it() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let below = folder.path().join("below");
        fs::create_dir(&below).expect("a folder");
        fs::write(below.join("file"), vec![1; 100_000]).expect("a file");
        let bytes = disk(folder.path()).expect("a folder");
        assert!((100_000..200_000).contains(&bytes), "{bytes}");
    }
}
