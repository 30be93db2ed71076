//! An instance's policy as JSON, for the reconciler on its host: who may come in, who is shut out.
//!
//! Values go through a JSON serialiser and nothing else. The file reaches the world-readable Nix
//! store; the private notes of blocks are for whoever may read the host, and are in it.

use serde::Serialize;

use crate::fleet::{Block, Domain, FederationMode, Fleet, Instance, Name};

#[derive(Serialize)]
struct Policy<'a> {
    version: u32,
    domain: &'a Domain,
    signup: Signup,
    invites: bool,
    federation: FederationMode,
    blocks: Vec<Applied>,
    allows: Vec<Domain>,
}

#[derive(Serialize)]
struct Signup {
    join: Admitted,
    apply: Admitted,
}

/// `anyone`, or domains.
#[derive(Serialize)]
struct Admitted {
    anyone: bool,
    domains: Vec<Listed>,
}

#[derive(Serialize)]
struct Listed {
    domain: Domain,
    subdomains: bool,
}

#[derive(Serialize)]
struct Applied {
    policy: Name,
    #[serde(flatten)]
    block: Block,
}

/// The policy's text.
pub(super) fn json(fleet: &Fleet, instance: &Instance) -> String {
    let admitted = |lists: &[Name]| match fleet.domains_of(lists) {
        None => Admitted {
            anyone: true,
            domains: Vec::new(),
        },
        Some(domains) => Admitted {
            anyone: false,
            domains: domains
                .into_iter()
                .map(|(domain, admission)| Listed {
                    domain,
                    subdomains: admission.subdomains,
                })
                .collect(),
        },
    };
    let blocks = fleet.blocks_of(instance).into_values();
    let policy = Policy {
        version: 1,
        domain: &instance.domain,
        signup: Signup {
            join: admitted(&instance.signup.join),
            apply: admitted(&instance.signup.apply),
        },
        invites: instance.invites,
        federation: instance.federation_mode(),
        blocks: blocks
            .map(|blocked| Applied {
                policy: blocked.policy,
                block: blocked.block,
            })
            .collect(),
        allows: fleet.allows_of(instance),
    };
    serde_json::to_string_pretty(&policy).unwrap_or_default() + "\n"
}
