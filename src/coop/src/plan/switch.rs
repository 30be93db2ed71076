//! What becomes of units where one system takes the place of another, by the rules of
//! `switch-to-configuration-ng` in nixpkgs (`collect_unit_changes`, `handle_modified_unit`, and what
//! it does about `/etc/fstab`).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::snapshot::{System, Unit};
use super::unit_file::{UnitFile, Verdict, kind};

/// Targets that are left alone although they may be active.
const SLEEP: [&str; 3] = ["suspend.target", "hibernate.target", "hybrid-sleep.target"];
/// Targets that cannot be restarted.
const FIRST: [&str; 4] = [
    "sysinit.target",
    "basic.target",
    "multi-user.target",
    "graphical.target",
];
/// Keys of `[Unit]` that pull another unit in.
const PULLS: [&str; 4] = ["Wants", "Requires", "BindsTo", "Upholds"];

/// Which units are stopped, started and so on; targets that are merely started again are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lists {
    pub(crate) stop: BTreeSet<String>,
    pub(crate) start: BTreeSet<String>,
    pub(crate) restart: BTreeSet<String>,
    pub(crate) reload: BTreeSet<String>,
    /// They changed, and go on as they are.
    pub(crate) skip: BTreeSet<String>,
}

/// Units by name, and which of them run.
pub(crate) struct Side<'a> {
    units: &'a BTreeMap<String, Unit>,
    files: BTreeMap<&'a str, UnitFile>,
}

impl<'a> Side<'a> {
    pub(crate) fn new(units: &'a BTreeMap<String, Unit>) -> Self {
        let files = units
            .iter()
            .filter(|(_, unit)| unit.enabled)
            .map(|(name, unit)| {
                let text = unit.text.as_deref().unwrap_or_default();
                (name.as_str(), UnitFile::parse(text))
            })
            .collect();
        Self { units, files }
    }

    fn file(&self, name: &str) -> Option<&UnitFile> {
        self.files.get(name)
    }

    /// The units that are to be expected to run: what something pulls in, and is no task that ends
    /// by itself. Which ones do run, only the machine knows.
    pub(crate) fn running(&self) -> BTreeSet<String> {
        let mut pulled: BTreeSet<&str> = BTreeSet::new();
        for file in self.files.values() {
            for key in PULLS {
                let values = file.values("Unit", key).iter();
                pulled.extend(values.flat_map(|value| value.split_whitespace()));
            }
        }
        self.files
            .iter()
            .filter(|(name, file)| {
                let unit = &self.units[**name];
                let is_pulled = pulled.contains(*name)
                    || ![&unit.wanted_by, &unit.required_by, &unit.upheld_by]
                        .iter()
                        .all(|by| by.is_empty());
                let is_task = file.values("Service", "Type").last().map(String::as_str)
                    == Some("oneshot")
                    && !file.flag("Service", "RemainAfterExit", false);
                let is_template = name.contains("@.");
                if kind(name) == "service" {
                    is_pulled && !is_task && !is_template
                } else {
                    !is_template
                }
            })
            .map(|(name, _)| (*name).to_owned())
            .collect()
    }
}

/// What becomes of the units that run.
pub(crate) fn lists(old: &Side<'_>, new: &Side<'_>, running: &BTreeSet<String>) -> Lists {
    let mut lists = Lists::default();
    for name in running {
        let Some(before) = old.file(name) else {
            continue;
        };
        let Some(after) = new.file(name) else {
            if before.flag("Unit", "X-StopOnRemoval", true) {
                lists.stop.insert(name.clone());
            }
            continue;
        };
        if kind(name) == "target" {
            // One that is started again is stopped for the sake of order only.
            if after.flag("Unit", "X-StopOnReconfiguration", false) && !starts_again(name, after) {
                lists.stop.insert(name.clone());
            }
            continue;
        }
        match before.compare(after) {
            Verdict::Equal => {}
            Verdict::Reload => {
                if !lists.restart.contains(name) {
                    lists.reload.insert(name.clone());
                }
            }
            Verdict::Restart => changed(name, after, new, running, &mut lists),
        }
    }
    lists
}

/// Whether a target that is active is started again, and with it what it newly wants.
fn starts_again(name: &str, file: &UnitFile) -> bool {
    !SLEEP.contains(&name)
        && !file.flag("Unit", "RefuseManualStart", false)
        && !file.flag("Unit", "X-OnlyManualStart", false)
}

fn changed(
    name: &str,
    after: &UnitFile,
    new: &Side<'_>,
    running: &BTreeSet<String>,
    lists: &mut Lists,
) {
    let insert = |set: &mut BTreeSet<String>| {
        set.insert(name.to_owned());
    };
    if FIRST.contains(&name) || matches!(kind(name), "path" | "slice" | "socket") {
        return;
    }
    if kind(name) == "mount" {
        // Nobody can unmount these two.
        if name == "-.mount" || name == "nix.mount" {
            insert(&mut lists.reload);
        } else {
            insert(&mut lists.restart);
        }
        return;
    }
    if after.flag("Service", "X-ReloadIfChanged", false)
        && !lists.restart.contains(name)
        && !lists.stop.contains(name)
    {
        insert(&mut lists.reload);
        return;
    }
    if !after.flag("Service", "X-RestartIfChanged", true)
        || after.flag("Unit", "RefuseManualStop", false)
        || after.flag("Unit", "X-OnlyManualStart", false)
    {
        insert(&mut lists.skip);
        return;
    }
    let service = name.strip_suffix(".service");
    match service {
        Some(base) if after.flag("Service", "X-StopIfChanged", true) => {
            if !stop_sockets(base, after, new, running, lists) {
                insert(&mut lists.start);
            }
            insert(&mut lists.stop);
        }
        _ => insert(&mut lists.restart),
    }
    lists.reload.remove(name);
}

/// Stops the sockets of a service and starts those that there will be. Whether one of them is to
/// start the service.
fn stop_sockets(
    base: &str,
    after: &UnitFile,
    new: &Side<'_>,
    running: &BTreeSet<String>,
    lists: &mut Lists,
) -> bool {
    let mut sockets: Vec<String> = after
        .values("Service", "Sockets")
        .iter()
        .flat_map(|value| value.split_whitespace())
        .map(str::to_owned)
        .collect();
    if sockets.is_empty() {
        sockets.push(format!("{}.socket", base.strip_suffix('@').unwrap_or(base)));
    }
    let mut starts = false;
    for socket in sockets {
        // A masked one is a file as well.
        let will_be = new.units.contains_key(&socket);
        if running.contains(&socket) {
            lists.stop.insert(socket.clone());
            if will_be {
                lists.start.insert(socket);
            }
        }
        starts |= will_be;
    }
    starts && !after.flag("Service", "X-NotSocketActivated", false)
}

/// The units that begin to run: new or newly wanted ones that an active target pulls in.
pub(crate) fn begun(
    old: &Side<'_>,
    new: &Side<'_>,
    running: &BTreeSet<String>,
) -> BTreeSet<String> {
    let is_wanted = |name: &str, side: &Side<'_>| {
        side.units.get(name).is_some_and(|unit| {
            let by = [&unit.wanted_by, &unit.required_by, &unit.upheld_by];
            by.into_iter().flatten().any(|target| {
                kind(target) == "target"
                    && side
                        .file(target)
                        .is_none_or(|file| starts_again(target, file))
            })
        })
    };
    new.files
        .keys()
        .filter(|name| !running.contains(**name) && is_wanted(name, new))
        .filter(|name| old.file(name).is_none() || !is_wanted(name, old))
        .map(|name| (*name).to_owned())
        .collect()
}

/// A line of `/etc/fstab`.
#[derive(PartialEq, Eq)]
struct Mount {
    device: String,
    kind: String,
    options: String,
}

/// Adds what becomes of the file systems in two `/etc/fstab`.
pub(crate) fn mounts(old: &str, new: &str, lists: &mut Lists) {
    let (old, new) = (mounts_in(old), mounts_in(new));
    for (point, before) in &old {
        let unit = |kind: &str| format!("{}.{kind}", escaped(point));
        let Some(after) = new.get(point) else {
            let kind = if before.options.contains("x-systemd.automount") {
                "automount"
            } else {
                "mount"
            };
            lists.stop.insert(unit(kind));
            continue;
        };
        let is_other = (&before.device, &before.kind) != (&after.device, &after.kind);
        let has_other_options = before.options != after.options;
        let is_fixed = point == "/" || point == "/nix";
        let list = match (is_other, has_other_options) {
            (true, _) if !is_fixed => &mut lists.restart,
            (true, false) => &mut lists.skip,
            (_, true) => &mut lists.reload,
            (false, false) => continue,
        };
        list.insert(unit("mount"));
    }
}

fn mounts_in(text: &str) -> BTreeMap<String, Mount> {
    let lines = text.lines().filter(|line| !line.trim().starts_with('#'));
    lines
        .filter_map(|line| {
            let mut words = line.split_whitespace().map(str::to_owned);
            let (device, point, kind, options) =
                (words.next()?, words.next()?, words.next()?, words.next()?);
            (kind != "swap").then_some((
                point,
                Mount {
                    device,
                    kind,
                    options,
                },
            ))
        })
        .collect()
}

/// A path as part of a unit's name (systemd.unit(5), "string escaping").
fn escaped(path: &str) -> String {
    let path = path.trim_matches('/');
    if path.is_empty() {
        return "-".to_owned();
    }
    let mut text = String::new();
    for (index, byte) in path.bytes().enumerate() {
        match byte {
            b'/' => text.push('-'),
            b'.' if index == 0 => text.push_str("\\x2e"),
            b'.' | b':' | b'_' => text.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => text.push(char::from(byte)),
            byte => {
                text.push_str("\\x");
                let _ = write!(text, "{byte:02x}");
            }
        }
    }
    text
}

/// What becomes of the system's units and file systems.
pub(crate) fn of_system(
    old: &System,
    new: &System,
    fstab: &[String; 2],
    running: Option<&BTreeSet<String>>,
) -> (Lists, BTreeSet<String>) {
    let (before, after) = (Side::new(&old.units), Side::new(&new.units));
    let running = running.cloned().unwrap_or_else(|| before.running());
    let mut lists = lists(&before, &after, &running);
    mounts(&fstab[0], &fstab[1], &mut lists);
    let begun = begun(&before, &after, &running);
    (lists, begun)
}
