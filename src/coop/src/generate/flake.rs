//! The fleet's own flake: `flake.nix`, and the first `flake.lock`.

use std::collections::BTreeSet;

use serde_json::json;

use super::{GenerateError, templates};
use crate::fleet::{Fleet, word};

/// A revision of a NixOS release that a new fleet starts from: release, revision, `narHash`,
/// `lastModified`. It is the channel of 11 September 2026, on which the lock files and pins of
/// several public configurations agree.
const START: (&str, &str, &str, u64) = (
    "26.05",
    "21a67dc470149f337cecafbe965d8d252a390518",
    "sha256-ugpsyk3NM2s87vXfUiIIiibbJ4Pp0JPS5p/3mfs+q+c=",
    1_789_114_715,
);

/// `flake.nix`.
pub(super) fn nix(fleet: &Fleet) -> Result<String, GenerateError> {
    let Some(info) = &fleet.model.fleet else {
        return Err(GenerateError::Incomplete);
    };
    let hosts: Vec<&str> = fleet.model.hosts.keys().map(|name| &**name).collect();
    let systems: BTreeSet<String> = fleet
        .model
        .hosts
        .values()
        .map(|host| word(host.system))
        .collect();
    templates::render(
        "flake.nix",
        &json!({
            "description": format!("The hosts of {}", info.name),
            "nixpkgs": format!("github:NixOS/nixpkgs/nixos-{}", info.nixos),
            "hosts": hosts,
            "systems": systems,
        }),
    )
}

/// The `flake.lock` to begin with, where a revision of the fleet's release is known.
pub(super) fn first_lock(fleet: &Fleet) -> Option<String> {
    let (release, rev, hash, modified) = START;
    if *fleet.model.fleet.as_ref()?.nixos != *release {
        return None;
    }
    // In the order and layout in which Nix writes it, so that Nix leaves it alone.
    let lock = json!({
        "nodes": {
            "nixpkgs": {
                "locked": {
                    "lastModified": modified,
                    "narHash": hash,
                    "owner": "NixOS",
                    "repo": "nixpkgs",
                    "rev": rev,
                    "type": "github",
                },
                "original": {
                    "owner": "NixOS",
                    "ref": format!("nixos-{release}"),
                    "repo": "nixpkgs",
                    "type": "github",
                },
            },
            "root": { "inputs": { "nixpkgs": "nixpkgs" } },
        },
        "root": "root",
        "version": 7,
    });
    Some(serde_json::to_string_pretty(&lock).unwrap_or_default() + "\n")
}
