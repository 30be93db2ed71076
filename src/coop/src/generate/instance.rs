//! An instance's options, `coop.mastodon.<name>`: everything that `coop.toml` and `coop.lock` decide
//! about it, said outright, so that a default of the modules never decides for a fleet.

use serde_json::{Map, Value, json};

use super::{nix, policy};
use crate::fleet::{FederationMode, Fleet, Instance, Name, Stage, word};
use crate::lock::{Lock, Settled};

/// The options of all instances on a host.
pub(super) fn of_host(fleet: &Fleet, lock: &Lock, host: &Name) -> Map<String, Value> {
    let here = fleet
        .model
        .instances
        .iter()
        .filter(|(_, instance)| instance.is_deployed() && instance.host.as_ref() == Some(host));
    here.filter_map(|(name, instance)| {
        let settled = lock.instances.get(name)?;
        Some((name.to_string(), options(fleet, name, instance, settled)))
    })
    .collect()
}

fn options(fleet: &Fleet, name: &Name, instance: &Instance, settled: &Settled) -> Value {
    let mut options = Map::new();
    let mut set = |key: &str, value: Value| {
        options.insert(key.to_owned(), value);
    };
    set("domain", (*instance.domain).into());
    if let Some(domain) = &instance.web_domain {
        set("webDomain", (**domain).into());
    }
    set("stage", word(instance.stage).into());
    set("memoryGb", instance.memory_gb.into());
    set(
        "container",
        json!({
            "name": settled.container,
            "hostAddress": settled.host_address,
            "localAddress": settled.local_address,
            "uid": settled.uid,
            "stateVersion": settled.state_version,
            "postgresql": settled.postgresql,
        }),
    );
    let mode = if instance.copy_of.is_some() {
        FederationMode::Limited
    } else {
        instance.federation_mode()
    };
    set(
        "federation",
        json!({
            "mode": word(mode),
            "authorizedFetch": instance.federation.authorized_fetch,
            "policy": nix::path(format!("../../{}", policy::file(name))),
        }),
    );
    set(
        "cache",
        json!({
            "keepDays": instance.cache.keep_days,
            "budgetGb": instance.cache.budget_gb,
        }),
    );
    let site = site(fleet, name, instance);
    if !site.is_empty() {
        set("site", site.into());
    }
    if let Some(staging) = staging(fleet, name, instance) {
        set("staging", staging);
    } else {
        live(fleet, instance, &mut set);
    }
    if !instance.nixos.is_empty() {
        set("extraModules", json!([instance.nixos]));
    }
    options.into()
}

/// What a sealed copy has not, whatever its profile says.
fn live(fleet: &Fleet, instance: &Instance, set: &mut impl FnMut(&str, Value)) {
    set("signup", signup(fleet, instance));
    if let Some(bucket) = media(fleet, instance) {
        set("media", json!({ "bucket": bucket }));
    }
    if let Some(backup) = backup(fleet, instance) {
        set("backup", backup);
    }
    let mail = mail(fleet, instance);
    if !mail.is_empty() {
        set("mail", mail.into());
    }
    if let Some((owner, person)) = instance
        .owner
        .as_ref()
        .and_then(|owner| fleet.model.people.get_key_value(owner))
    {
        // Mastodon's user names have no hyphen (`app/models/account.rb`, USERNAME_RE).
        let account = owner.replace('-', "_");
        set("owner", json!({ "name": account, "email": &*person.email }));
    }
}

/// Who joins and who applies, each as exact domains, domains with all below them, or anyone.
fn signup(fleet: &Fleet, instance: &Instance) -> Value {
    let admitted = |lists: &[Name]| {
        let Some(domains) = fleet.domains_of(lists) else {
            return json!({ "anyone": true });
        };
        let part = |subdomains: bool| -> Vec<&str> {
            domains
                .iter()
                .filter(|(_, admission)| admission.subdomains == subdomains)
                .map(|(domain, _)| &**domain)
                .collect()
        };
        let mut admitted = Map::new();
        for (key, domains) in [
            ("domains", part(false)),
            ("domainsWithSubdomains", part(true)),
        ] {
            if !domains.is_empty() {
                admitted.insert(key.into(), domains.into());
            }
        }
        admitted.into()
    };
    let mut signup = Map::new();
    for (key, lists) in [
        ("join", &instance.signup.join),
        ("apply", &instance.signup.apply),
    ] {
        let admitted = admitted(lists);
        if admitted != json!({}) {
            signup.insert(key.into(), admitted);
        }
    }
    signup.insert("invites".into(), instance.invites.into());
    signup.into()
}

fn media(fleet: &Fleet, instance: &Instance) -> Option<Value> {
    let bucket = fleet.model.buckets.get(instance.media.bucket.as_ref()?)?;
    let mut options = Map::new();
    options.insert("endpoint".into(), (*bucket.endpoint).into());
    options.insert("name".into(), (*bucket.bucket).into());
    if let Some(region) = &bucket.region {
        options.insert("region".into(), (**region).into());
    }
    if let Some(alias) = &bucket.alias {
        options.insert("alias".into(), (**alias).into());
    }
    options.insert("accessKeySecret".into(), (*bucket.access_key.secret).into());
    options.insert("secretKeySecret".into(), (*bucket.secret_key.secret).into());
    Some(options.into())
}

fn backup(fleet: &Fleet, instance: &Instance) -> Option<Value> {
    let plan = instance.backup.as_ref()?;
    let place = fleet.model.backups.get(&plan.to)?;
    let periods = [
        ("daily", place.keep.daily),
        ("weekly", place.keep.weekly),
        ("monthly", place.keep.monthly),
    ];
    let keep: Map<String, Value> = periods
        .into_iter()
        .filter(|(_, number)| *number > 0)
        .map(|(period, number)| (period.to_owned(), number.into()))
        .collect();
    Some(json!({
        "repository": &*place.repository,
        "passwordSecret": &*place.password.secret,
        "at": &*plan.at,
        "drill": &*plan.drill,
        "keep": keep,
    }))
}

fn mail(fleet: &Fleet, instance: &Instance) -> Map<String, Value> {
    let mut options = Map::new();
    let relay = instance.mail.relay.as_ref();
    if let Some(relay) = relay.and_then(|relay| fleet.model.relays.get(relay))
        && let Some((host, port)) = relay.server.rsplit_once(':')
    {
        options.insert("host".into(), host.into());
        options.insert("port".into(), port.parse::<u16>().unwrap_or(587).into());
        options.insert("user".into(), (*relay.user).into());
        options.insert("passwordSecret".into(), (*relay.password.secret).into());
    }
    if let Some(from) = &instance.mail.from {
        options.insert("fromAddress".into(), (**from).into());
    }
    options
}

fn site(fleet: &Fleet, name: &Name, instance: &Instance) -> Map<String, Value> {
    let mut options = Map::new();
    if let Some(title) = &instance.site.title {
        options.insert("title".into(), (**title).into());
    }
    if let Some(description) = &instance.site.description {
        options.insert("description".into(), (**description).into());
    }
    let languages: Vec<&str> = instance
        .site
        .languages
        .iter()
        .map(|language| &**language)
        .collect();
    if !languages.is_empty() {
        options.insert("languages".into(), languages.into());
    }
    let rules = instance.site.rules.as_ref();
    if let Some(rules) = rules.and_then(|rules| fleet.texts.get(rules)) {
        options.insert("rules".into(), self::rules(rules).into());
    }
    if instance.site.privacy.is_some() {
        options.insert(
            "privacy".into(),
            nix::path(format!("../../{}", policy::privacy_file(name))),
        );
    }
    options
}

/// One rule a line; empty lines and headings are for whoever reads the file.
fn rules(text: &str) -> Vec<&str> {
    text.lines()
        .map(|line| line.trim().trim_start_matches(['-', '*']).trim_start())
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect()
}

/// A sealed copy is restored from the backup of what it copies.
fn staging(fleet: &Fleet, name: &Name, instance: &Instance) -> Option<Value> {
    if instance.stage != Stage::Staging {
        return None;
    }
    let original = instance.copy_of.as_ref()?;
    let plan = fleet.model.instances.get(original)?.backup.as_ref()?;
    let place = fleet.model.backups.get(&plan.to)?;
    Some(json!({
        "of": &**original,
        "repository": &*place.repository,
        "passwordSecret": &*place.password.secret,
        "at": instance.copy_at.as_deref().unwrap_or("Mon 05:00"),
        "htpasswdSecret": format!("{name}-htpasswd"),
    }))
}
