//! What a plan says, as data: the JSON that `coop plan --format json` prints, with its schema.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// The JSON Schema of a plan.
pub static PLAN_SCHEMA: LazyLock<Json> = LazyLock::new(|| schemars::schema_for!(Report).to_value());

/// A plan.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// The fleet's name.
    #[serde(default)]
    pub fleet: Option<String>,
    /// What the fleet is compared with.
    pub against: Against,
    /// Whether the hosts were evaluated; if not, why.
    pub not_evaluated: Option<String>,
    /// The nixpkgs of the new side.
    pub nixpkgs: Option<String>,
    /// What changes for people.
    pub people: Vec<Section>,
    /// Hosts by name.
    pub hosts: BTreeMap<String, HostPlan>,
    /// Whether anything changes at all.
    pub changes: bool,
}

impl Report {
    /// Whether a host could not be evaluated.
    #[must_use]
    pub fn has_failures(&self) -> bool {
        self.hosts.values().any(|host| host.state == State::Failed)
    }
}

/// What a fleet is compared with.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Against {
    /// A revision in git.
    Revision {
        /// As it was named.
        name: String,
        /// The commit's full name.
        commit: String,
        /// Whether its files were generated anew, since it holds no flake.
        generated: bool,
    },
    /// A saved plan.
    File {
        /// The file.
        path: String,
        /// The commit that was checked out when it was saved, if any.
        commit: Option<String>,
    },
    /// What the hosts run, each found among the commits.
    Deployed {
        /// The commit that each host runs.
        commits: BTreeMap<String, String>,
    },
}

/// Lines under a title.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Section {
    /// An instance, or `DNS`.
    pub title: String,
    /// What changes.
    pub lines: Vec<String>,
}

/// What becomes of something.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// It comes.
    Added,
    /// It goes.
    Removed,
    /// It is another one.
    Changed,
}

/// What becomes of a host.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct HostPlan {
    /// Whether it is the same, or could not be evaluated.
    pub state: State,
    /// Why it could not be evaluated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// What must not change, and does.
    pub alarms: Vec<String>,
    /// Why the machine has to be rebooted.
    pub reboot: Vec<String>,
    /// Its system.
    pub system: SystemPlan,
    /// Scripts, generated configuration and copied files that units and files refer to.
    pub texts: Vec<TextChange>,
}

/// Whether a host or container changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Nothing changes.
    Same,
    /// It is new.
    Added,
    /// It goes.
    Removed,
    /// Something changes.
    Changed,
    /// One side does not evaluate.
    Failed,
}

/// What becomes of a system, class by class.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SystemPlan {
    /// What `switch-to-configuration` does.
    pub actions: Actions,
    /// systemd units.
    pub units: Vec<UnitChange>,
    /// Units of users' own systemd.
    pub user_units: Vec<UnitChange>,
    /// Files below /etc.
    pub files: Vec<FileChange>,
    /// Packages in everybody's path.
    pub packages: Vec<PackageChange>,
    /// Accounts.
    pub users: Vec<ItemChange>,
    /// Groups.
    pub groups: Vec<ItemChange>,
    /// Ports that the firewall lets in.
    pub ports: Vec<PortChange>,
    /// nginx's virtual hosts.
    pub domains: Vec<ItemChange>,
    /// Certificates.
    pub certificates: Vec<ItemChange>,
    /// When timers are due.
    pub timers: Vec<ItemChange>,
    /// Files and folders that systemd makes and clears.
    pub tmpfiles: Vec<ItemChange>,
    /// Kernel, its parameters, initrd and boot loader.
    pub boot: Vec<ItemChange>,
    /// File systems.
    pub file_systems: Vec<ItemChange>,
    /// Swap.
    pub swap: Vec<ItemChange>,
    /// Kernel settings.
    pub sysctl: Vec<ItemChange>,
    /// Host name, time zone and the like.
    pub general: Vec<ItemChange>,
    /// What must not change once it is in use.
    pub lasting: Vec<ItemChange>,
    /// Steps of activation.
    pub activation: Vec<ItemChange>,
    /// Packages with units whose text is not known before they are built.
    pub unit_packages: Vec<ItemChange>,
    /// Containers by name.
    pub containers: BTreeMap<String, ContainerPlan>,
    /// The system differs in something that is in none of these classes.
    pub elsewhere: bool,
}

/// What becomes of a container.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ContainerPlan {
    /// Whether it changes.
    pub state: State,
    /// How it is run.
    pub settings: Vec<ItemChange>,
    /// The system in it; its units start anew with the container.
    pub system: SystemPlan,
}

/// Units by what is done with them; `stop` and `start` in both lists is a stop, and a start after
/// the new files are in place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Actions {
    /// Stopped.
    pub stop: Vec<String>,
    /// Started again.
    pub start: Vec<String>,
    /// Restarted.
    pub restart: Vec<String>,
    /// Reloaded.
    pub reload: Vec<String>,
    /// Changed, and going on as they are until somebody restarts them or the machine reboots.
    pub wait: Vec<String>,
    /// Beginning to run.
    pub begin: Vec<String>,
    /// systemd itself is executed anew.
    pub systemd: bool,
}

/// A unit that changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UnitChange {
    /// Its name.
    pub name: String,
    /// What becomes of it.
    pub change: Change,
    /// Its text, store paths without their hashes; empty where only hashes differ.
    pub diff: String,
    /// Other properties: whether it is enabled, what wants it.
    pub fields: Vec<FieldChange>,
}

/// A file below /etc that changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileChange {
    /// Its path below /etc.
    pub name: String,
    /// What becomes of it.
    pub change: Change,
    /// Whether its text is known without building it.
    pub is_text: bool,
    /// Its text, store paths without their hashes; empty where only hashes differ.
    pub diff: String,
    /// Mode and owner.
    pub fields: Vec<FieldChange>,
}

/// A text in the store that something refers to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TextChange {
    /// Its name in the store.
    pub name: String,
    /// The text, store paths without their hashes.
    pub diff: String,
    /// The units and files that refer to it.
    pub used_by: Vec<String>,
}

/// A package that changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PackageChange {
    /// Its name.
    pub name: String,
    /// What becomes of it.
    pub change: Change,
    /// The versions there were.
    pub from: Vec<String>,
    /// The versions there will be; the same ones where it is built anew.
    pub to: Vec<String>,
}

/// Ports that are opened or closed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct PortChange {
    /// `tcp 443`, `udp 60000-61000`, or `everything`.
    pub port: String,
    /// The interface; none means all of them.
    pub interface: Option<String>,
    /// Opened or closed.
    pub change: Change,
}

/// Anything else that has a name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ItemChange {
    /// Its name.
    pub name: String,
    /// What becomes of it.
    pub change: Change,
    /// What differs in it, if it is there before and after.
    pub fields: Vec<FieldChange>,
}

/// A property that changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FieldChange {
    /// Its name; empty where the thing has one value only.
    pub name: String,
    /// What it was.
    pub from: Option<Json>,
    /// What it will be.
    pub to: Option<Json>,
}
