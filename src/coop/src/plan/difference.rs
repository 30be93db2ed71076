//! What differs between two states of a host, class by class.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use super::alarm;
use super::items::{compare, fields, names, of_paths, packages, ports};
use super::report::{
    Actions, Change, ContainerPlan, FileChange, HostPlan, ItemChange, State, SystemPlan, UnitChange,
};
use super::snapshot::{Container, File, Firewall, Host, Items, System, Unit};
use super::switch;
use super::text_diff::{Texts, unified};
use super::unit_file::{UnitFile, kind};

/// What becomes of a host that is there before, after, or both.
/// `running` are the units that are known to run, if anybody was asked.
pub(crate) fn host(
    old: Option<&Host>,
    new: Option<&Host>,
    running: Option<&BTreeSet<String>>,
) -> HostPlan {
    let nothing = Host::default();
    let (before, after) = (old.unwrap_or(&nothing), new.unwrap_or(&nothing));
    let mut texts = Texts::new(&before.texts, &after.texts);
    let is_same = before.system.toplevel == after.system.toplevel;
    let mut plan = if is_same {
        SystemPlan::default()
    } else {
        system(&before.system, &after.system, "", &mut texts)
    };
    let state = state(old, new, is_same);
    if state == State::Changed {
        let fstab = |host: &'_ Host| {
            let file = host.system.files.get("fstab")?;
            host.texts.get(&file.source).cloned()
        };
        let fstab = [before, after].map(|host| fstab(host).unwrap_or_default());
        plan.actions = actions(&before.system, &after.system, &fstab, running);
    }
    HostPlan {
        state,
        failure: None,
        alarms: alarm::of_host(state, &before.system, &plan),
        reboot: if state == State::Changed {
            alarm::reboot(&plan)
        } else {
            Vec::new()
        },
        system: plan,
        texts: texts.changes(),
    }
}

fn state<T>(old: Option<&T>, new: Option<&T>, is_same: bool) -> State {
    match (old, new) {
        (None, Some(_)) => State::Added,
        (Some(_), None) => State::Removed,
        _ if is_same => State::Same,
        _ => State::Changed,
    }
}

/// What switch-to-configuration does on a host.
fn actions(
    old: &System,
    new: &System,
    fstab: &[String; 2],
    running: Option<&BTreeSet<String>>,
) -> Actions {
    let (lists, begin) = switch::of_system(old, new, fstab, running);
    let sorted = |names: BTreeSet<String>| names.into_iter().collect();
    let configuration = |system: &System| {
        let file = system.files.get("systemd/system.conf");
        (
            file.map(|file| file.source.clone()),
            system.unit_packages.first().cloned(),
        )
    };
    Actions {
        stop: sorted(lists.stop),
        start: sorted(lists.start),
        restart: sorted(lists.restart),
        reload: sorted(lists.reload),
        wait: sorted(lists.skip),
        begin: sorted(begin),
        systemd: configuration(old) != configuration(new),
    }
}

/// What becomes of a system; `place` is put before the names of those who use a text.
fn system(old: &System, new: &System, place: &str, texts: &mut Texts<'_>) -> SystemPlan {
    let mut plan = SystemPlan {
        actions: Actions::default(),
        units: units(&old.units, &new.units, place, texts),
        user_units: units(&old.user_units, &new.user_units, place, texts),
        files: files(&old.files, &new.files, place, texts),
        packages: packages(&old.packages, &new.packages),
        users: compare(&old.users, &new.users),
        groups: compare(&old.groups, &new.groups),
        ports: ports(firewall(old), firewall(new)),
        domains: compare(&old.virtual_hosts, &new.virtual_hosts),
        certificates: compare(&old.certificates, &new.certificates),
        timers: compare(&timers(&old.units), &timers(&new.units)),
        tmpfiles: compare(&old.tmpfiles, &new.tmpfiles),
        boot: compare(&old.boot, &new.boot),
        file_systems: compare(&old.file_systems, &new.file_systems),
        swap: compare(&old.swap, &new.swap),
        sysctl: compare(&old.sysctl, &new.sysctl),
        general: compare(&old.general, &new.general),
        lasting: compare(&old.lasting, &new.lasting),
        activation: activation(&old.activation, &new.activation, place, texts),
        unit_packages: compare(&of_paths(&old.unit_packages), &of_paths(&new.unit_packages)),
        containers: containers(&old.containers, &new.containers, texts),
        elsewhere: false,
    };
    plan.elsewhere = old.toplevel != new.toplevel && plan == SystemPlan::default();
    plan
}

/// None where there is no system.
fn firewall(system: &System) -> Option<&Firewall> {
    (!system.toplevel.is_empty()).then_some(&system.firewall)
}

fn containers(
    old: &BTreeMap<String, Container>,
    new: &BTreeMap<String, Container>,
    texts: &mut Texts<'_>,
) -> BTreeMap<String, ContainerPlan> {
    let nothing = Container::default();
    names(old, new)
        .into_iter()
        .map(|(name, _)| {
            let (before, after) = (old.get(name), new.get(name));
            let state = state(before, after, false);
            let (before, after) = (before.unwrap_or(&nothing), after.unwrap_or(&nothing));
            let plan = ContainerPlan {
                state,
                settings: compare(&before.settings, &after.settings),
                system: if before.system.toplevel == after.system.toplevel {
                    SystemPlan::default()
                } else {
                    system(&before.system, &after.system, &format!("{name}: "), texts)
                },
            };
            (name.clone(), plan)
        })
        .collect()
}

fn units(
    old: &BTreeMap<String, Unit>,
    new: &BTreeMap<String, Unit>,
    place: &str,
    texts: &mut Texts<'_>,
) -> Vec<UnitChange> {
    let nothing = Unit::default();
    names(old, new)
        .into_iter()
        .map(|(name, change)| {
            let before = old.get(name).unwrap_or(&nothing);
            let after = new.get(name).unwrap_or(&nothing);
            let [was, is] = [before, after].map(|unit| unit.text.as_deref().unwrap_or_default());
            texts.follow(&format!("{place}{name}"), was, is);
            UnitChange {
                name: name.clone(),
                change,
                diff: unified(was, is),
                fields: if change == Change::Changed {
                    fields(Some(&properties(before)), Some(&properties(after)))
                } else {
                    Vec::new()
                },
            }
        })
        .collect()
}

/// A unit's properties beside its text.
fn properties(unit: &Unit) -> Json {
    json!({
        "enabled": unit.enabled,
        "as drop-in": unit.as_drop_in,
        "wanted by": unit.wanted_by,
        "required by": unit.required_by,
        "upheld by": unit.upheld_by,
        "aliases": unit.aliases,
    })
}

fn files(
    old: &BTreeMap<String, File>,
    new: &BTreeMap<String, File>,
    place: &str,
    texts: &mut Texts<'_>,
) -> Vec<FileChange> {
    names(old, new)
        .into_iter()
        .map(|(name, change)| {
            let (before, after) = (old.get(name), new.get(name));
            let source =
                |file: Option<&File>| file.map_or(String::new(), |file| file.source.clone());
            let (was, is) = texts.of(&source(before), &source(after));
            let is_text = (before.is_none() || was.is_some()) && (after.is_none() || is.is_some());
            let (was, is) = (was.unwrap_or_default(), is.unwrap_or_default());
            texts.follow(&format!("{place}/etc/{name}"), was, is);
            let owner =
                |file: &File| json!({"mode": file.mode, "user": file.user, "group": file.group});
            FileChange {
                name: name.clone(),
                change,
                is_text,
                diff: if is_text {
                    unified(was, is)
                } else {
                    String::new()
                },
                fields: match (before, after) {
                    (Some(before), Some(after)) => {
                        fields(Some(&owner(before)), Some(&owner(after)))
                    }
                    _ => Vec::new(),
                },
            }
        })
        .collect()
}

/// Steps of activation; what differs behind their store paths is noted.
fn activation(
    old: &BTreeMap<String, String>,
    new: &BTreeMap<String, String>,
    place: &str,
    texts: &mut Texts<'_>,
) -> Vec<ItemChange> {
    names(old, new)
        .into_iter()
        .map(|(name, change)| {
            let [was, is] = [old, new].map(|side| side.get(name).map_or("", String::as_str));
            texts.follow(&format!("{place}activation of {name}"), was, is);
            ItemChange {
                name: name.clone(),
                change,
                fields: Vec::new(),
            }
        })
        .collect()
}

/// When timers are due: what their units say under `[Timer]`.
fn timers(units: &BTreeMap<String, Unit>) -> Items {
    units
        .iter()
        .filter(|(name, unit)| unit.enabled && kind(name) == "timer")
        .map(|(name, unit)| {
            let file = UnitFile::parse(unit.text.as_deref().unwrap_or_default());
            (name.clone(), json!(file.section("Timer")))
        })
        .collect()
}
