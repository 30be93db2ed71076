//! What one `coop.toml` can say: the types behind parsing, the JSON Schema and the reference page.
//!
//! Doc comments here are what people read in their editor and in the reference. No logic here.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};

use super::text::{
    Calendar, Day, Domain, Email, FilePath, Ipv4, Ipv6, Language, Line, Name, Pattern, Release,
    Repository, Server, SshKey, TimeZone, WebAddress, Word,
};

/// Any NixOS options, as TOML.
pub type Options = BTreeMap<String, serde_json::Value>;

/// A whole `coop.toml`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Model {
    /// Further files of the same fleet, as patterns below the folder of `coop.toml`.
    pub include: Vec<Pattern>,
    /// Which parts `coop generate` writes.
    pub generate: Generate,
    /// What holds for the fleet as a whole.
    #[schemars(required)]
    pub fleet: Option<FleetInfo>,
    /// People: operators of hosts, owners of instances.
    pub people: BTreeMap<Name, Person>,
    /// Named sets of e-mail domains. `anyone` always exists.
    pub allowlists: BTreeMap<Name, AllowList>,
    /// Federation policies: which servers are blocked or allowed, and why.
    pub policies: BTreeMap<Name, Policy>,
    /// Mail servers that take the instances' mail.
    pub relays: BTreeMap<Name, Relay>,
    /// Places that keep backups.
    pub backups: BTreeMap<Name, Backup>,
    /// S3 buckets that keep media.
    pub buckets: BTreeMap<Name, Bucket>,
    /// Organisations that instances are run for.
    pub tenants: BTreeMap<Name, Tenant>,
    /// NixOS machines.
    pub hosts: BTreeMap<Name, Host>,
    /// Defaults that instances share, merged one level deep.
    pub profiles: BTreeMap<Name, Profile>,
    /// Running services.
    pub instances: BTreeMap<Name, Instance>,
}

/// Narrows what is generated.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Generate {
    /// Only these parts, for a repository that has its own `flake.nix`. Empty: all.
    pub only: Vec<Part>,
}

/// A part of the generated tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// `flake.nix` and `flake.lock`
    Flake,
    /// `hosts/`
    Hosts,
    /// `modules/`
    Modules,
    /// `tests/`
    Tests,
    /// `policy/`
    Policy,
}

/// What holds for the fleet as a whole.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FleetInfo {
    /// What the co-operative is called.
    pub name: Line,
    /// Where people and certificate authorities write to.
    pub contact: Email,
    /// The NixOS release that packages come from. It never decides state.
    pub nixos: Release,
    /// The hosts' time zone.
    #[serde(default = "utc")]
    pub timezone: TimeZone,
}

fn utc() -> TimeZone {
    TimeZone::checked("UTC")
}

/// A person.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// Their address.
    pub email: Email,
    /// Their SSH public keys. An operator needs one.
    #[serde(default)]
    pub ssh_keys: Vec<SshKey>,
}

/// A named set of e-mail domains.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AllowList {
    /// Domains on the list.
    pub domains: Vec<Domain>,
    /// Whether domains below those in `domains` and `file` count too.
    pub subdomains: bool,
    /// Other lists that this one contains.
    pub lists: Vec<Name>,
    /// A file with one domain a line; `#` begins a comment.
    pub file: Option<FilePath>,
}

/// Which servers are blocked or allowed, and why.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// Holds for every Mastodon of the fleet, tenants' too.
    pub everywhere: bool,
    /// The only grounds on which this policy may block. Empty: any.
    pub grounds: Vec<Ground>,
    /// Blocks in Mastodon's export format; `#ground`, `#since` and `#review` may be added.
    pub file: Option<FilePath>,
    /// Blocked servers.
    pub blocks: Vec<Block>,
    /// Servers that a limited federation talks to.
    pub allows: Vec<Allow>,
}

/// Why a server is blocked.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Ground {
    /// Unsolicited messages.
    Spam,
    /// Harassment of people, or no moderation against it.
    Abuse,
    /// Attacks on servers.
    Attack,
    /// Content that is illegal to keep.
    Illegal,
    /// The members decided so.
    Decision,
}

/// How much of a server is shut out.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum BlockSeverity {
    /// Nothing but what `reject_media` and `reject_reports` say.
    Noop,
    /// Shown only to those who follow.
    Silence,
    /// Everything; severs follows for good.
    #[default]
    Suspend,
}

/// A blocked server.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Block {
    /// The server; those below its domain are blocked with it.
    pub domain: Domain,
    /// How much is shut out.
    #[serde(default)]
    pub severity: BlockSeverity,
    /// Why, in a word.
    pub ground: Option<Ground>,
    /// Why, for everybody to read.
    pub reason: Option<Line>,
    /// For moderators only.
    pub note: Option<Line>,
    /// Take no media from there.
    #[serde(default)]
    pub reject_media: bool,
    /// Take no reports from there.
    #[serde(default)]
    pub reject_reports: bool,
    /// Show the domain only in part on the public page.
    #[serde(default)]
    pub obfuscate: bool,
    /// Since when.
    pub since: Option<Day>,
    /// When to look again.
    pub review: Option<Day>,
}

/// An allowed server.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Allow {
    /// The server.
    pub domain: Domain,
    /// Why, for everybody to read.
    pub reason: Option<Line>,
}

/// The name of a secret whose value is on the host only.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretRef {
    /// The secret's name.
    pub secret: Name,
}

/// A mail server that takes the instances' mail.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Relay {
    /// Its name and port.
    pub server: Server,
    /// The account there.
    pub user: Word,
    /// The account's password.
    pub password: SecretRef,
}

/// A place that keeps backups.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Backup {
    /// The restic repository.
    pub repository: Repository,
    /// The repository's password. Keep it elsewhere too: without it no backup can be read.
    pub password: SecretRef,
    /// How many backups are kept.
    #[serde(default)]
    pub keep: Keep,
}

/// How many backups are kept.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Keep {
    /// The last of so many days.
    #[schemars(range(min = 0, max = 3650))]
    pub daily: u32,
    /// The last of so many weeks.
    #[schemars(range(min = 0, max = 1000))]
    pub weekly: u32,
    /// The last of so many months.
    #[schemars(range(min = 0, max = 1000))]
    pub monthly: u32,
}

impl Default for Keep {
    fn default() -> Self {
        Self {
            daily: 7,
            weekly: 4,
            monthly: 0,
        }
    }
}

/// An S3 bucket that keeps media.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bucket {
    /// The service's address.
    pub endpoint: WebAddress,
    /// The bucket's name there.
    pub bucket: Word,
    /// The service's region.
    pub region: Option<Word>,
    /// From where browsers load media, if not from the endpoint.
    pub alias: Option<Domain>,
    /// The access key's identifier.
    pub access_key: SecretRef,
    /// The access key's secret part.
    pub secret_key: SecretRef,
}

/// An organisation that instances are run for.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tenant {
    /// What it is called.
    pub name: Line,
    /// Where it is written to.
    pub contact: Email,
}

/// A NixOS machine.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Host {
    /// Its public IPv4 address.
    pub ipv4: Option<Ipv4>,
    /// Its public IPv6 address.
    pub ipv6: Option<Ipv6>,
    /// Who may log in as root, by SSH key.
    pub operators: Vec<Name>,
    /// Its memory in GB.
    #[schemars(range(min = 1, max = 16384))]
    pub ram_gb: Option<u32>,
    /// Its disk in GB.
    #[schemars(range(min = 10, max = 1_000_000))]
    pub disk_gb: Option<u32>,
    /// The processor's kind.
    pub system: System,
    /// Maintenance window; without one the host never reboots by itself.
    pub reboot: Option<Calendar>,
    /// Any NixOS options of the host.
    pub nixos: Options,
}

/// A kind of processor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum System {
    /// 64-bit Intel or AMD
    #[default]
    #[serde(rename = "x86_64-linux")]
    X86,
    /// 64-bit ARM
    #[serde(rename = "aarch64-linux")]
    Arm,
}

/// The kind of an instance.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Service {
    /// Social network
    Mastodon,
    /// Git forge
    Forgejo,
    /// Git forge
    Gitlab,
    /// Forum
    Discourse,
    /// Chat
    Mattermost,
    /// XMPP chat
    Prosody,
    /// Social network
    Gotosocial,
}

/// What may be done to an instance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// People's posts are in it: demands backups and operators.
    #[default]
    Production,
    /// A sealed copy of another instance.
    Staging,
    /// Not indexed, does not federate unless told to, may be wiped.
    Development,
}

/// Defaults that instances share.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Profile(pub BTreeMap<String, serde_json::Value>);

/// Keys that are one instance's own and so cannot stand in a profile.
pub const OWN_KEYS: &[&str] = &[
    "profile",
    "domain",
    "web_domain",
    "copy_of",
    "copy_at",
    "renamed_from",
    "external",
];

impl JsonSchema for Profile {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Profile".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = Instance::json_schema(generator);
        schema.remove("required");
        schema.insert(
            "description".into(),
            "Defaults that instances share.".into(),
        );
        if let Some(properties) = schema
            .get_mut("properties")
            .and_then(|value| value.as_object_mut())
        {
            properties.retain(|key, _| !OWN_KEYS.contains(&key.as_str()));
        }
        schema
    }
}

/// A running service with its own domain.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Instance {
    /// The profile that gives what is not said here.
    pub profile: Option<Name>,
    /// Its kind.
    pub service: Service,
    /// What may be done to it.
    #[serde(default)]
    pub stage: Stage,
    /// Run elsewhere: coop prints its list and deploys nothing.
    #[serde(default)]
    pub external: bool,
    /// The domain in people's handles. It can never change.
    pub domain: Domain,
    /// Where it answers, if elsewhere.
    pub web_domain: Option<Domain>,
    /// The host it runs on. It can never change without moving its state.
    pub host: Option<Name>,
    /// The tenant it is run for.
    pub tenant: Option<Name>,
    /// The first administrator's account.
    pub owner: Option<Name>,
    /// How it sends mail. Without a relay the host delivers by itself.
    #[serde(default)]
    pub mail: Mail,
    /// Who may join and who may apply.
    #[serde(default)]
    pub signup: Signup,
    /// Whether members may invite others, past every list.
    #[serde(default)]
    pub invites: bool,
    /// Policies that hold for it, beside those that hold everywhere.
    #[serde(default)]
    pub policies: Vec<Name>,
    /// Which servers it talks to.
    #[serde(default)]
    pub federation: Federation,
    /// Other servers' media.
    #[serde(default)]
    pub cache: Cache,
    /// Where members' media are kept. Without a bucket: on the host's disk.
    #[serde(default)]
    pub media: Media,
    /// Its backups.
    pub backup: Option<BackupPlan>,
    /// What people see.
    #[serde(default)]
    pub site: Site,
    /// The most memory it may use, in GB.
    #[serde(default = "two")]
    #[schemars(range(min = 1, max = 4096))]
    pub memory_gb: u32,
    /// The instance that this sealed staging copy is restored from.
    pub copy_of: Option<Name>,
    /// When the copy is made anew from the latest backup; `Mon 05:00` otherwise.
    pub copy_at: Option<Calendar>,
    /// The name under which coop.lock knows it.
    pub renamed_from: Option<Name>,
    /// Any NixOS options of its container.
    #[serde(default)]
    pub nixos: Options,
}

fn two() -> u32 {
    2
}

/// How an instance sends mail.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Mail {
    /// The relay that takes it.
    pub relay: Option<Name>,
    /// The sender; `notifications@` its domain otherwise.
    pub from: Option<Email>,
}

/// Who may come in.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Signup {
    /// Lists whose addresses join at once.
    pub join: Vec<Name>,
    /// Lists whose addresses may ask and wait for a moderator.
    pub apply: Vec<Name>,
}

/// Which servers an instance talks to.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Federation {
    /// Everybody not blocked, or nobody not allowed. Development is `limited` unless it says otherwise.
    pub mode: Option<FederationMode>,
    /// With `limited`: the servers it talks to.
    pub allow: Vec<Domain>,
    /// Show posts only to servers that say who they are.
    pub authorized_fetch: bool,
}

/// Everybody not blocked, or nobody not allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FederationMode {
    /// All servers that are not blocked.
    Open,
    /// The servers in `allow` only.
    Limited,
}

/// Other servers' media.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Cache {
    /// Days after which they go.
    #[schemars(range(min = 1, max = 3650))]
    pub keep_days: u32,
    /// The most space they may take, in GB.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub budget_gb: u32,
}

impl Default for Cache {
    fn default() -> Self {
        Self {
            keep_days: 14,
            budget_gb: 20,
        }
    }
}

/// Where members' media are kept.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Media {
    /// The bucket.
    pub bucket: Option<Name>,
}

/// An instance's backups.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BackupPlan {
    /// The place that keeps them.
    pub to: Name,
    /// When they are made.
    #[serde(default = "night")]
    pub at: Calendar,
    /// How often the latest one is restored into a scratch database and checked.
    #[serde(default = "weekly")]
    pub drill: Calendar,
}

fn night() -> Calendar {
    Calendar::checked("02:15")
}

fn weekly() -> Calendar {
    Calendar::checked("weekly")
}

/// What people see.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Site {
    /// Its title; the domain otherwise.
    pub title: Option<Line>,
    /// What it is, in a sentence.
    pub description: Option<Line>,
    /// Languages, the default first.
    pub languages: Vec<Language>,
    /// A file with one rule a line.
    pub rules: Option<FilePath>,
    /// A file with the privacy policy, in Markdown.
    pub privacy: Option<FilePath>,
}
