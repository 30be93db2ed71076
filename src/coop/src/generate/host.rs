//! A host's files: `hosts/<host>/default.nix` with the options of the modules and nothing else, and
//! `options.nix` with what `hosts.<host>.nixos` says.

use serde_json::{Map, Value, json};

use super::{GenerateError, Surroundings, Tree, instance, nix, templates};
use crate::fleet::{Fleet, Host, Name, word};
use crate::lock::Lock;

/// Adds a host's files, and as a seed what is the administrator's.
pub(super) fn files(
    tree: &mut Tree,
    seeds: &mut Tree,
    (fleet, lock): (&Fleet, &Lock),
    (name, host): (&Name, &Host),
    around: &Surroundings,
) -> Result<(), GenerateError> {
    let folder = format!("hosts/{name}");
    let mut imports = vec![nix::path("./hardware.nix".into())];
    if !host.nixos.is_empty() {
        imports.push(nix::path("./options.nix".into()));
        let text = templates::render(
            "options.nix",
            &json!({ "name": &**name, "options": host.nixos }),
        )?;
        tree.insert(format!("{folder}/options.nix"), text);
    }
    if around.extra.contains(name) {
        imports.push(nix::path("./extra.nix".into()));
    }
    let mut coop = Map::new();
    coop.insert("host".into(), options(fleet, lock, name, host));
    let instances = instance::of_host(fleet, lock, name);
    if !instances.is_empty() {
        coop.insert("mastodon".into(), instances.into());
    }
    let values = json!({
        "name": &**name,
        "imports": imports,
        "system": word(host.system),
        "coop": coop,
    });
    tree.insert(
        format!("{folder}/default.nix"),
        templates::render("host.nix", &values)?,
    );
    seeds.insert(
        format!("{folder}/hardware.nix"),
        templates::render("hardware.nix", &json!({}))?,
    );
    Ok(())
}

/// `coop.host`.
fn options(fleet: &Fleet, lock: &Lock, name: &Name, host: &Host) -> Value {
    let mut options = Map::new();
    options.insert("name".into(), (**name).into());
    if let Some(info) = &fleet.model.fleet {
        options.insert("contact".into(), (*info.contact).into());
        options.insert("timezone".into(), (*info.timezone).into());
    }
    let addresses: Vec<&str> = host
        .ipv4
        .as_deref()
        .into_iter()
        .chain(host.ipv6.as_deref())
        .collect();
    if !addresses.is_empty() {
        options.insert("addresses".into(), addresses.into());
    }
    let operators: Map<String, Value> = host
        .operators
        .iter()
        .filter_map(|operator| {
            let person = fleet.model.people.get(operator)?;
            let keys: Vec<&str> = person.ssh_keys.iter().map(|key| &**key).collect();
            Some((operator.to_string(), keys.into()))
        })
        .collect();
    if !operators.is_empty() {
        options.insert("operators".into(), operators.into());
    }
    if let Some(window) = &host.reboot {
        options.insert("reboot".into(), (**window).into());
    }
    if let Some(settled) = lock.hosts.get(name) {
        options.insert("stateVersion".into(), settled.state_version.as_str().into());
    }
    options.into()
}
