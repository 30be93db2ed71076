//! An instance's federation policy as JSON, for the reconciler on its host: who is shut out, and
//! whom a limited federation talks to; and its privacy policy, as the site shows it.
//!
//! Values go through a JSON serialiser and nothing else. The file reaches the world-readable Nix
//! store; the private notes of blocks are for whoever may read the host, and are in it.

use serde::Serialize;

use crate::fleet::{Block, Domain, Fleet, Instance, Name};

#[derive(Serialize)]
struct Policy<'a> {
    version: u32,
    domain: &'a Domain,
    blocks: Vec<Applied>,
    allows: Vec<Allowed>,
}

#[derive(Serialize)]
struct Applied {
    policy: Name,
    #[serde(flatten)]
    block: Block,
}

#[derive(Serialize)]
struct Allowed {
    domain: Domain,
}

/// Where an instance's policy is, from the top of the generated tree.
pub(super) fn file(name: &Name) -> String {
    format!("policy/{name}.json")
}

/// Where its privacy policy is.
pub(super) fn privacy_file(name: &Name) -> String {
    format!("policy/{name}-privacy.md")
}

/// The policy's text.
pub(super) fn json(fleet: &Fleet, instance: &Instance) -> String {
    let policy = Policy {
        version: 1,
        domain: &instance.domain,
        blocks: fleet
            .blocks_of(instance)
            .into_values()
            .map(|blocked| Applied {
                policy: blocked.policy,
                block: blocked.block,
            })
            .collect(),
        allows: fleet
            .allows_of(instance)
            .into_iter()
            .map(|domain| Allowed { domain })
            .collect(),
    };
    serde_json::to_string_pretty(&policy).unwrap_or_default() + "\n"
}
