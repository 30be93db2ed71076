//! Which names of which class differ between two answers of real Nix (`nixos/plan.nix`).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

/// Added, removed or changed, by name.
pub type Changes = BTreeMap<String, &'static str>;

/// Classes whose members have names.
pub const NAMED: [&str; 16] = [
    "units",
    "user_units",
    "files",
    "packages",
    "users",
    "groups",
    "domains",
    "certificates",
    "timers",
    "tmpfiles",
    "boot",
    "file_systems",
    "sysctl",
    "general",
    "lasting",
    "activation",
];

/// A member of a set; `null` where there is none.
#[must_use]
pub fn get<'a>(value: &'a Value, name: &str) -> &'a Value {
    value.get(name).unwrap_or(&Value::Null)
}

/// How the members of a set differ.
#[must_use]
pub fn named(old: &Value, new: &Value) -> Changes {
    let nothing = Map::new();
    let old = old.as_object().unwrap_or(&nothing);
    let new = new.as_object().unwrap_or(&nothing);
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let mut changes = Changes::new();
    for name in names {
        let change = match (old.get(name), new.get(name)) {
            (None, _) => "added",
            (_, None) => "removed",
            (before, after) if before != after => "changed",
            _ => continue,
        };
        changes.insert(name.clone(), change);
    }
    changes
}

/// How two lists differ, whatever their order.
#[must_use]
pub fn listed(old: &Value, new: &Value) -> Changes {
    let set = |value: &Value| -> BTreeSet<String> {
        let items = value.as_array().into_iter().flatten();
        items
            .filter_map(|item| item.as_str().map(str::to_owned))
            .collect()
    };
    let (old, new) = (set(old), set(new));
    let came = new.difference(&old).map(|name| (name.clone(), "added"));
    let gone = old.difference(&new).map(|name| (name.clone(), "removed"));
    came.chain(gone).collect()
}
