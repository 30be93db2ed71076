//! What a host is, as `describe.nix` says it. Nothing is compared here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// Things by name, each as Nix gives it.
pub(crate) type Items = BTreeMap<String, Json>;

/// A host, evaluated.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Host {
    /// The system.
    pub(crate) system: System,
    /// The texts that it refers to, by store path: scripts, generated configuration, copied files.
    pub(crate) texts: BTreeMap<String, String>,
}

/// A NixOS system: a host's, or a container's.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct System {
    /// The store path of the whole.
    pub(crate) toplevel: String,
    pub(crate) general: Items,
    /// What must not change once it is in use.
    pub(crate) lasting: Items,
    pub(crate) units: BTreeMap<String, Unit>,
    pub(crate) user_units: BTreeMap<String, Unit>,
    /// Packages with units of their own, whose text is not known before they are built.
    pub(crate) unit_packages: Vec<String>,
    /// Files below `/etc`.
    pub(crate) files: BTreeMap<String, File>,
    pub(crate) packages: Vec<Package>,
    pub(crate) users: Items,
    pub(crate) groups: Items,
    pub(crate) firewall: Firewall,
    pub(crate) virtual_hosts: Items,
    pub(crate) certificates: Items,
    pub(crate) tmpfiles: Items,
    pub(crate) boot: Items,
    pub(crate) file_systems: Items,
    pub(crate) swap: Items,
    pub(crate) sysctl: Items,
    pub(crate) activation: BTreeMap<String, String>,
    pub(crate) containers: BTreeMap<String, Container>,
}

/// A systemd unit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Unit {
    pub(crate) text: Option<String>,
    /// Otherwise it is masked.
    pub(crate) enabled: bool,
    /// It extends a unit that comes with a package.
    pub(crate) as_drop_in: bool,
    pub(crate) wanted_by: Vec<String>,
    pub(crate) required_by: Vec<String>,
    pub(crate) upheld_by: Vec<String>,
    pub(crate) aliases: Vec<String>,
}

/// A file below `/etc`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct File {
    /// A store path, or a path in one.
    pub(crate) source: String,
    pub(crate) mode: String,
    pub(crate) user: String,
    pub(crate) group: String,
}

/// A package that is in everybody's path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) path: String,
}

/// What the firewall lets in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Firewall {
    pub(crate) enabled: bool,
    /// Interfaces where everything is let in.
    pub(crate) trusted: Vec<String>,
    pub(crate) everywhere: Ports,
    pub(crate) interfaces: BTreeMap<String, Ports>,
}

/// Ports, as `networking.firewall` has them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Ports {
    #[serde(rename = "allowedTCPPorts")]
    pub(crate) tcp: Vec<u16>,
    #[serde(rename = "allowedUDPPorts")]
    pub(crate) udp: Vec<u16>,
    #[serde(rename = "allowedTCPPortRanges")]
    pub(crate) tcp_ranges: Vec<Range>,
    #[serde(rename = "allowedUDPPortRanges")]
    pub(crate) udp_ranges: Vec<Range>,
}

/// Ports from one to another, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Range {
    pub(crate) from: u16,
    pub(crate) to: u16,
}

/// A NixOS container.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Container {
    pub(crate) settings: Items,
    pub(crate) system: System,
}
