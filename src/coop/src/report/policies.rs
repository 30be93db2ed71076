//! Policies for those who run the fleet: notes and places included.

use serde::Serialize;

use super::words::{self, Link, anchor};
use crate::diagnostics::Origin;
use crate::fleet::{Block, Day, Fleet, Name, Policy};

/// A policy.
#[derive(Debug, Serialize)]
pub(super) struct Shown {
    pub(super) name: String,
    pub(super) anchor: String,
    pub(super) everywhere: bool,
    pub(super) grounds: Vec<&'static str>,
    /// Instances that name it; with `everywhere` it holds for all.
    pub(super) used_by: Vec<Link>,
    pub(super) blocks: Vec<ShownBlock>,
    pub(super) allows: Vec<ShownAllow>,
    /// Blocks whose day of review is past.
    pub(super) due: usize,
}

/// A block, as members may see it.
#[derive(Debug, Serialize)]
pub(super) struct PublicBlock {
    pub(super) domain: String,
    pub(super) severity: &'static str,
    /// What is refused beside that.
    pub(super) refuses: Vec<&'static str>,
    pub(super) ground: Option<&'static str>,
    pub(super) reason: Option<String>,
    pub(super) since: Option<String>,
    pub(super) review: Option<String>,
    /// The day of review is past.
    pub(super) is_due: bool,
}

/// A block with what only those who run the fleet may see.
#[derive(Debug, Serialize)]
pub(super) struct ShownBlock {
    #[serde(flatten)]
    seen: PublicBlock,
    note: Option<String>,
    /// The public page hides part of the domain.
    hidden: bool,
    /// Where it is written.
    place: String,
}

/// An allowed server.
#[derive(Debug, Serialize)]
pub(super) struct ShownAllow {
    pub(super) domain: String,
    pub(super) reason: Option<String>,
}

impl PublicBlock {
    /// A block under the domain that is to be shown.
    pub(super) fn of(block: &Block, domain: String, today: &Day) -> Self {
        let mut refuses = Vec::new();
        if block.reject_media {
            refuses.push("media");
        }
        if block.reject_reports {
            refuses.push("reports");
        }
        Self {
            domain,
            severity: words::severity(block.severity),
            refuses,
            ground: block.ground.map(words::ground),
            reason: block.reason.as_ref().map(ToString::to_string),
            since: block.since.as_ref().map(ToString::to_string),
            review: block.review.as_ref().map(ToString::to_string),
            is_due: block.review.as_ref().is_some_and(|review| review < today),
        }
    }
}

pub(super) fn allows(policy: &Policy) -> Vec<ShownAllow> {
    let allows = policy.allows.iter();
    allows
        .map(|allow| ShownAllow {
            domain: allow.domain.to_string(),
            reason: allow.reason.as_ref().map(ToString::to_string),
        })
        .collect()
}

pub(super) fn all(fleet: &Fleet, today: &Day) -> Vec<Shown> {
    let policies = fleet.model.policies.iter();
    policies
        .map(|(name, policy)| {
            let blocks = fleet.blocks.get(name).into_iter().flatten();
            let blocks: Vec<ShownBlock> = blocks
                .map(|(block, at)| shown(fleet, block, *at, today))
                .collect();
            Shown {
                name: name.to_string(),
                anchor: anchor("policy", name),
                everywhere: policy.everywhere,
                grounds: policy.grounds.iter().copied().map(words::ground).collect(),
                used_by: used_by(fleet, name),
                due: blocks.iter().filter(|block| block.seen.is_due).count(),
                blocks,
                allows: allows(policy),
            }
        })
        .collect()
}

fn shown(fleet: &Fleet, block: &Block, at: Origin, today: &Day) -> ShownBlock {
    ShownBlock {
        seen: PublicBlock::of(block, block.domain.to_string(), today),
        note: block.note.as_ref().map(ToString::to_string),
        hidden: block.obfuscate,
        place: fleet.sources.describe(at),
    }
}

fn used_by(fleet: &Fleet, policy: &Name) -> Vec<Link> {
    let instances = fleet.model.instances.iter();
    instances
        .filter(|(_, instance)| instance.is_deployed() && instance.policies.contains(policy))
        .map(|(name, _)| Link::to("instance", name))
        .collect()
}
