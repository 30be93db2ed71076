//! The generated tree: what is in it, and how it gets onto the disk.
//!
//! **Invariant.** The same fleet and lock give the same bytes on any machine: no time, no path of
//! the machine, no order of a hash table goes in.

mod policy;
mod writer;

use std::collections::BTreeMap;

pub use writer::{Action, Plan, WriteError};

use crate::fleet::{Fleet, Part};
use crate::lock::Lock;

/// Files by path, relative to the folder they are generated into.
pub type Tree = BTreeMap<String, String>;

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

/// Everything that coop generates for a fleet without errors.
#[must_use]
pub fn tree(fleet: &Fleet, lock: &Lock) -> Tree {
    let only = &fleet.model.generate.only;
    let mut tree = Tree::new();
    tree.insert("coop.lock".into(), lock.text());
    if only.is_empty() || only.contains(&Part::Policy) {
        for (name, instance) in &fleet.model.instances {
            if instance.is_deployed() {
                tree.insert(format!("policy/{name}.json"), policy::json(fleet, instance));
            }
        }
    }
    tree
}
