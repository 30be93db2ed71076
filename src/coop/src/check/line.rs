//! The lines of coop.toml that set NixOS options: `hosts.*.nixos` and `instances.*.nixos`.

use crate::catalogue::OptionPath;
use crate::diagnostics::Origin;
use crate::fleet::{Fleet, Name, Node, Value};
use crate::lock::Lock;

/// One value under `nixos`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// `hosts` or `instances`.
    pub(super) section: &'static str,
    /// The host's or the instance's name.
    pub(super) name: String,
    /// The option that it sets, as the host or the container itself calls it.
    pub(super) option: OptionPath,
    /// Where the host sees that option, if elsewhere: in the container.
    pub(super) seen: Option<OptionPath>,
    /// The place of its key.
    pub(super) key: Origin,
    /// The place of its value.
    pub(super) value: Origin,
}

/// All lines that a host is made of.
pub(super) fn of_host(fleet: &Fleet, lock: &Lock, host: &Name) -> Vec<Line> {
    let mut lines = Vec::new();
    collect(&mut lines, fleet, "hosts", host, None);
    for (name, instance) in &fleet.model.instances {
        if instance.is_deployed() && instance.host.as_ref() == Some(host) {
            let container = lock.instances.get(name).map(|settled| &*settled.container);
            collect(&mut lines, fleet, "instances", name, container);
        }
    }
    lines
}

fn collect(
    lines: &mut Vec<Line>,
    fleet: &Fleet,
    section: &'static str,
    name: &Name,
    container: Option<&str>,
) {
    let Some(node) = fleet.tree.get(&[section, name, "nixos"]) else {
        return;
    };
    let key = fleet.tree.key(&[section, name, "nixos"]);
    let mut waiting: Vec<(Vec<String>, Origin, &Node)> = vec![(Vec::new(), key, node)];
    while let Some((path, key, node)) = waiting.pop() {
        if let Value::Table(table) = &node.value
            && !table.is_empty()
        {
            waiting.extend(table.iter().map(|(name, entry)| {
                let path = path.iter().chain([name]).cloned().collect();
                (path, entry.key, &entry.node)
            }));
            continue;
        }
        let seen = container.map(|container| {
            let prefix = ["containers", container].map(str::to_owned);
            OptionPath(prefix.into_iter().chain(path.iter().cloned()).collect())
        });
        lines.push(Line {
            section,
            name: name.to_string(),
            option: OptionPath(path),
            seen,
            key,
            value: node.at,
        });
    }
    lines.sort_by_key(|line| (line.key.file, line.key.start));
}

impl Line {
    /// Whether a path in a message names this option, one below it, or one above.
    pub(super) fn is_touched_by(&self, path: &OptionPath) -> bool {
        self.names().any(|own| own.touches(path))
    }

    /// How near the option is to a path in a message.
    pub(super) fn nearness(&self, path: &OptionPath) -> usize {
        let prefix = self.seen.as_ref().map_or(0, |_| 2);
        let seen = self
            .seen
            .as_ref()
            .map_or(0, |seen| seen.common(path).saturating_sub(prefix));
        self.option.common(path).max(seen)
    }

    fn names(&self) -> impl Iterator<Item = &OptionPath> {
        std::iter::once(&self.option).chain(&self.seen)
    }
}

/// The fleet without some of its lines.
pub(super) fn without(fleet: &Fleet, lines: &[&Line]) -> Fleet {
    let mut fleet = fleet.clone();
    for line in lines {
        let options = if line.section == "hosts" {
            let host = fleet
                .model
                .hosts
                .iter_mut()
                .find(|(name, _)| ***name == *line.name);
            host.map(|(_, host)| &mut host.nixos)
        } else {
            let instances = &mut fleet.model.instances;
            let instance = instances.iter_mut().find(|(name, _)| ***name == *line.name);
            instance.map(|(_, instance)| &mut instance.nixos)
        };
        let Some((first, rest)) = line.option.0.split_first() else {
            continue;
        };
        if let Some(options) = options
            && let Some(value) = options.get_mut(first)
            && remove(value, rest)
        {
            options.remove(first);
        }
    }
    fleet
}

/// Takes out what is at a path, and says whether nothing is left.
fn remove(value: &mut serde_json::Value, path: &[String]) -> bool {
    let Some((first, rest)) = path.split_first() else {
        return true;
    };
    let Some(entries) = value.as_object_mut() else {
        return false;
    };
    if entries
        .get_mut(first)
        .is_some_and(|inner| remove(inner, rest))
    {
        entries.remove(first);
    }
    entries.is_empty()
}
