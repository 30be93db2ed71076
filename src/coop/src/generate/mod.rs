//! The generated tree: what is in it, and how it gets onto the disk.
//!
//! **Invariant.** The same fleet and lock give the same bytes on any machine: no time, no path of
//! the machine, no order of a hash table goes in.

mod flake;
mod host;
mod instance;
mod modules;
mod nix;
mod policy;
mod templates;
mod vm_test;
mod writer;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use thiserror::Error;

pub use nix::Unwritable;
pub use writer::{Action, Plan, WriteError};

use crate::fleet::{Files, Fleet, Name, Part};
use crate::lock::Lock;

/// Files by path, relative to the folder they are generated into.
pub type Tree = BTreeMap<String, String>;

/// What coop writes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Generated {
    /// Files that follow from the fleet and the lock.
    pub files: Tree,
    /// Files that are somebody else's once they are there: written where absent, never changed.
    pub seeds: Tree,
}

/// What stands in the tree already and decides what is written into it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// Hosts with a file `extra.nix` of the administrator's.
    pub extra: BTreeSet<Name>,
}

impl Surroundings {
    /// Looks around in the folder that is generated into.
    #[must_use]
    pub fn find(files: &dyn Files, fleet: &Fleet) -> Self {
        let has_extra = |name: &&Name| {
            let names = files.list(&format!("hosts/{name}"));
            names.iter().any(|name| name == "extra.nix")
        };
        Self {
            extra: fleet
                .model
                .hosts
                .keys()
                .filter(has_extra)
                .cloned()
                .collect(),
        }
    }
}

/// Why nothing can be generated from a fleet that passed its checks: a gap in these checks.
#[derive(Debug, Error)]
pub enum GenerateError {
    /// A template could not be filled in.
    #[error("{0} cannot be written: {1}")]
    Template(String, String),
    /// What was written is no Nix.
    #[error("{0} would not be Nix ({1}); please report this with your coop.toml")]
    NotNix(String, String),
    /// The fleet was not checked.
    #[error("the fleet is incomplete: run `coop check`")]
    Incomplete,
}

/// The model as one text: what the generated tree follows from. A comment changes nothing in it.
#[must_use]
pub fn model(fleet: &Fleet) -> String {
    let lists: BTreeMap<_, Vec<_>> = fleet
        .lists
        .iter()
        .map(|(name, domains)| (name, domains.iter().map(|(domain, _)| domain).collect()))
        .collect();
    let blocks: BTreeMap<_, Vec<_>> = fleet
        .blocks
        .iter()
        .map(|(name, blocks)| (name, blocks.iter().map(|(block, _)| block).collect()))
        .collect();
    serde_json::to_string(&(&fleet.model, lists, blocks, &fleet.texts)).unwrap_or_default()
}

/// The modules, as a generated tree has them.
pub(crate) fn modules() -> Tree {
    let mut tree = Tree::new();
    modules::files(&mut tree);
    tree
}

/// The `flake.lock` that a fleet without one would begin with, where it is known.
pub(crate) fn first_lock(fleet: &Fleet) -> Option<String> {
    flake::first_lock(fleet)
}

/// Everything that coop generates for a fleet without errors. Every Nix file is parsed again.
///
/// # Errors
/// Where a value got past the fleet's checks that Nix cannot hold.
pub fn generate(
    fleet: &Fleet,
    lock: &Lock,
    around: &Surroundings,
) -> Result<Generated, GenerateError> {
    let only = &fleet.model.generate.only;
    let wanted = |part: Part| only.is_empty() || only.contains(&part);
    let Generated {
        mut files,
        mut seeds,
    } = Generated::default();
    files.insert("coop.lock".into(), lock.text());
    if wanted(Part::Flake) {
        files.insert("flake.nix".into(), flake::nix(fleet)?);
        if let Some(lock) = flake::first_lock(fleet) {
            seeds.insert("flake.lock".into(), lock);
        }
    }
    if wanted(Part::Hosts) {
        for host in &fleet.model.hosts {
            host::files(&mut files, &mut seeds, (fleet, lock), host, around)?;
        }
    }
    if wanted(Part::Modules) {
        modules::files(&mut files);
    }
    if wanted(Part::Tests) {
        vm_test::files(&mut files, fleet)?;
    }
    // Hosts name these files, so they come with them.
    if wanted(Part::Policy) || wanted(Part::Hosts) {
        for (name, instance) in &fleet.model.instances {
            if !instance.is_deployed() {
                continue;
            }
            files.insert(policy::file(name), policy::json(fleet, instance));
            let privacy = instance.site.privacy.as_ref();
            if let Some(text) = privacy.and_then(|path| fleet.texts.get(path)) {
                files.insert(policy::privacy_file(name), text.clone());
            }
        }
    }
    for (path, text) in files.iter_mut().chain(&mut seeds) {
        if Path::new(path)
            .extension()
            .is_some_and(|kind| kind == "nix")
        {
            parsed_again(path, text)?;
            // The modules are copies of files that are formatted.
            if !path.starts_with("modules/") {
                *text = nixfmt_rs::format(text)
                    .map_err(|error| GenerateError::NotNix(path.clone(), error.to_string()))?;
            }
        }
    }
    Ok(Generated { files, seeds })
}

fn parsed_again(path: &str, text: &str) -> Result<(), GenerateError> {
    match rnix::Root::parse(text).errors().first() {
        None => Ok(()),
        Some(error) => Err(GenerateError::NotNix(path.to_owned(), error.to_string())),
    }
}
