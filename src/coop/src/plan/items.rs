//! Things with names, before and after: what comes, goes and changes, and in what.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::report::{Change, FieldChange, ItemChange, PackageChange, PortChange};
use super::snapshot::{Firewall, Items, Package, Ports, Range};

/// Names on either side, with what becomes of each.
pub(crate) fn names<'a, T: PartialEq>(
    old: &'a BTreeMap<String, T>,
    new: &'a BTreeMap<String, T>,
) -> Vec<(&'a String, Change)> {
    let all: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    all.into_iter()
        .filter_map(|name| match (old.get(name), new.get(name)) {
            (None, _) => Some((name, Change::Added)),
            (_, None) => Some((name, Change::Removed)),
            (before, after) => (before != after).then_some((name, Change::Changed)),
        })
        .collect()
}

/// What becomes of items.
pub(crate) fn compare(old: &Items, new: &Items) -> Vec<ItemChange> {
    names(old, new)
        .into_iter()
        .map(|(name, change)| ItemChange {
            name: name.clone(),
            change,
            fields: fields(old.get(name), new.get(name)),
        })
        .collect()
}

/// What differs in one thing. One that comes or goes has its only value, if it has but one.
pub(crate) fn fields(old: Option<&Json>, new: Option<&Json>) -> Vec<FieldChange> {
    match (old, new) {
        (Some(Json::Object(old)), Some(Json::Object(new))) => {
            let all: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            all.into_iter()
                .filter(|name| old.get(*name) != new.get(*name))
                .map(|name| FieldChange {
                    name: name.clone(),
                    from: old.get(name).cloned(),
                    to: new.get(name).cloned(),
                })
                .collect()
        }
        (old, new) => {
            let is_plain = |value: Option<&Json>| !value.is_some_and(Json::is_object);
            if is_plain(old) && is_plain(new) {
                vec![FieldChange {
                    name: String::new(),
                    from: old.cloned(),
                    to: new.cloned(),
                }]
            } else {
                Vec::new()
            }
        }
    }
}

/// Store paths as items, by name; several of one name by their order.
pub(crate) fn of_paths(paths: &[String]) -> Items {
    let mut items = Items::new();
    for path in paths {
        let name = super::store_text::name(path);
        let mut key = name.to_owned();
        let mut count = 1;
        while items.contains_key(&key) {
            count += 1;
            key = format!("{name} ({count})");
        }
        items.insert(key, Json::String(path.clone()));
    }
    items
}

/// What becomes of packages, by name.
pub(crate) fn packages(old: &[Package], new: &[Package]) -> Vec<PackageChange> {
    let by_name = |packages: &[Package]| {
        let mut found: BTreeMap<String, BTreeSet<(String, String)>> = BTreeMap::new();
        for package in packages {
            found
                .entry(package.name.clone())
                .or_default()
                .insert((package.version.clone(), package.path.clone()));
        }
        found
    };
    let (old, new) = (by_name(old), by_name(new));
    let versions = |of: &BTreeMap<String, BTreeSet<(String, String)>>, name: &str| {
        let packages = of.get(name).into_iter().flatten();
        let versions: BTreeSet<String> = packages.map(|(version, _)| version.clone()).collect();
        versions.into_iter().collect()
    };
    names(&old, &new)
        .into_iter()
        .map(|(name, change)| PackageChange {
            name: name.clone(),
            change,
            from: versions(&old, name),
            to: versions(&new, name),
        })
        .collect()
}

/// What firewalls open and close; where there is no machine, nothing is open.
pub(crate) fn ports(old: Option<&Firewall>, new: Option<&Firewall>) -> Vec<PortChange> {
    let [old, new] = [old, new].map(|firewall| firewall.map(open).unwrap_or_default());
    let change = |change: Change| {
        move |(interface, port): &(Option<String>, String)| PortChange {
            port: port.clone(),
            interface: interface.clone(),
            change,
        }
    };
    let mut changes: Vec<PortChange> = new.difference(&old).map(change(Change::Added)).collect();
    changes.extend(old.difference(&new).map(change(Change::Removed)));
    changes.sort();
    changes
}

/// What is let in, by interface.
fn open(firewall: &Firewall) -> BTreeSet<(Option<String>, String)> {
    let everything = "everything".to_owned();
    if !firewall.enabled {
        return BTreeSet::from([(None, everything)]);
    }
    let mut open = BTreeSet::new();
    for interface in &firewall.trusted {
        open.insert((Some(interface.clone()), everything.clone()));
    }
    for port in shown(&firewall.everywhere) {
        open.insert((None, port));
    }
    for (interface, ports) in &firewall.interfaces {
        for port in shown(ports) {
            open.insert((Some(interface.clone()), port));
        }
    }
    open
}

fn shown(ports: &Ports) -> Vec<String> {
    let one = |kind: &'static str| move |port: &u16| format!("{kind} {port}");
    let range =
        |kind: &'static str| move |range: &Range| format!("{kind} {}-{}", range.from, range.to);
    ports
        .tcp
        .iter()
        .map(one("tcp"))
        .chain(ports.udp.iter().map(one("udp")))
        .chain(ports.tcp_ranges.iter().map(range("tcp")))
        .chain(ports.udp_ranges.iter().map(range("udp")))
        .collect()
}
