//! What people have to know before all else: what must not change once it is in use, and what needs
//! a reboot.

use super::report::{Change, ItemChange, State, SystemPlan};
use super::snapshot::System;

/// Properties of `describe.nix` that come into force when the machine boots.
const AT_BOOT: [(&str, &str); 4] = [
    ("kernel", "the kernel"),
    ("initrd", "the initial RAM disk"),
    ("parameters", "the kernel's parameters"),
    ("module_packages", "kernel modules"),
];

/// Why the machine has to be rebooted.
pub(crate) fn reboot(plan: &SystemPlan) -> Vec<String> {
    AT_BOOT
        .iter()
        .filter(|(name, _)| plan.boot.iter().any(|item| item.name == *name))
        .map(|(_, words)| (*words).to_owned())
        .collect()
}

/// What must not change, and does.
pub(crate) fn of_host(state: State, old: &System, plan: &SystemPlan) -> Vec<String> {
    let mut alarms = Vec::new();
    if state == State::Removed {
        alarms.push("the machine is no longer part of the fleet: nobody stops it".to_owned());
        for name in old.containers.keys() {
            alarms.push(format!(
                "the data of {name} stays on it, in /var/lib/nixos-containers/{name}"
            ));
        }
        return alarms;
    }
    alarms.extend(
        plan.lasting
            .iter()
            .filter_map(|item| lasting("the host", item)),
    );
    for (name, container) in &plan.containers {
        match container.state {
            State::Removed => alarms.push(format!(
                "{name} is taken off this host; its data stays in /var/lib/nixos-containers/{name}"
            )),
            State::Changed => alarms.extend(
                container
                    .system
                    .lasting
                    .iter()
                    .filter_map(|item| lasting(name, item)),
            ),
            State::Same | State::Added | State::Failed => {}
        }
    }
    alarms
}

fn lasting(place: &str, item: &ItemChange) -> Option<String> {
    if item.change != Change::Changed {
        return None;
    }
    let field = item.fields.first()?;
    let shown = |value: &Option<serde_json::Value>| {
        value.as_ref().map_or_else(
            || "nothing".to_owned(),
            |value| {
                value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned)
            },
        )
    };
    let what = match item.name.as_str() {
        "stateVersion" => "the state version, by which services know the form of their data",
        "postgresql.major" => {
            "PostgreSQL's major version, which does not read the database of another"
        }
        "postgresql.dataDir" => "the folder of the database, which would begin empty",
        "mastodon.localDomain" => "the domain in people's handles, which is immutable",
        _ => "a key that must never change once it is in use",
    };
    Some(format!(
        "{place}: {} goes from {} to {}: {what}",
        item.name,
        shown(&field.from),
        shown(&field.to)
    ))
}
