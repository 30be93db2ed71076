//! What `coop plan` says about a host, held against what real Nix says about it before and after.

use std::collections::BTreeSet;

use serde_json::Value;

use super::facts::{Changes, NAMED, get, listed, named};
use super::lines;

/// Where the plan and the facts disagree; empty where they agree.
#[must_use]
pub fn disagreements(old: &Value, new: &Value, plan: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let is_same = get(old, "toplevel") == get(new, "toplevel");
    let state = get(plan, "state").as_str().unwrap_or_default();
    let wanted = match (old.is_null(), new.is_null()) {
        (true, _) => "added",
        (_, true) => "removed",
        _ if is_same => "same",
        _ => "changed",
    };
    if state != wanted {
        found.push(format!("the host is {wanted}, and not {state}"));
    }
    system(old, new, get(plan, "system"), "", &mut found);
    if wanted == "changed" {
        actions(old, new, get(plan, "system"), &mut found);
        let waits = ["kernel", "parameters", "initrd"]
            .iter()
            .any(|name| get(get(old, "boot"), name) != get(get(new, "boot"), name));
        let says = get(plan, "reboot")
            .as_array()
            .is_some_and(|why| !why.is_empty());
        if waits != says {
            found.push(format!("waiting for a reboot is {waits}, and not {says}"));
        }
    }
    found
}

fn system(old: &Value, new: &Value, plan: &Value, place: &str, found: &mut Vec<String>) {
    for class in NAMED {
        let facts = named(get(old, class), get(new, class));
        let mut said = said(get(plan, class));
        // coop says more about these than is asked of Nix.
        if matches!(class, "boot" | "general" | "lasting") {
            let known = |name: &String| {
                !get(get(old, class), name).is_null() || !get(get(new, class), name).is_null()
            };
            said.retain(|name, _| known(name));
        }
        differ(&format!("{place}{class}"), &facts, &said, found);
    }
    let ports = get(plan, "ports").as_array().into_iter().flatten();
    let said: Changes = ports
        .map(|port| {
            let interface = get(port, "interface").as_str();
            let place = interface.map_or(String::new(), |name| format!(" on {name}"));
            let name = get(port, "port").as_str().unwrap_or_default();
            (format!("{name}{place}"), change(port))
        })
        .collect();
    let facts = listed(get(old, "ports"), get(new, "ports"));
    differ(&format!("{place}ports"), &facts, &said, found);
    for class in ["units", "user_units"] {
        texts(
            get(old, class),
            get(new, class),
            get(plan, class),
            place,
            found,
        );
    }
    containers(old, new, plan, place, found);
}

fn containers(old: &Value, new: &Value, plan: &Value, place: &str, found: &mut Vec<String>) {
    let (before, after) = (get(old, "containers"), get(new, "containers"));
    let facts = named(before, after);
    let said: Changes = get(plan, "containers")
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, plan)| (name.clone(), word(get(plan, "state"))))
        .collect();
    differ(&format!("{place}containers"), &facts, &said, found);
    for name in facts.keys() {
        system(
            get(get(before, name), "system"),
            get(get(after, name), "system"),
            get(get(get(plan, "containers"), name), "system"),
            &format!("{place}{name}: "),
            found,
        );
    }
}

/// What the plan says of a class.
fn said(class: &Value) -> Changes {
    let changes = class.as_array().into_iter().flatten();
    changes
        .map(|item| {
            let name = get(item, "name").as_str().unwrap_or_default();
            (name.to_owned(), change(item))
        })
        .collect()
}

fn change(item: &Value) -> &'static str {
    word(get(item, "change"))
}

fn word(value: &Value) -> &'static str {
    match value.as_str() {
        Some("added") => "added",
        Some("removed") => "removed",
        Some("changed") => "changed",
        _ => "nothing known",
    }
}

fn differ(class: &str, facts: &Changes, said: &Changes, found: &mut Vec<String>) {
    let names: BTreeSet<&String> = facts.keys().chain(said.keys()).collect();
    for name in names {
        let (fact, said) = (facts.get(name), said.get(name));
        if fact != said {
            let word = |change: Option<&&'static str>| change.copied().unwrap_or("the same");
            found.push(format!(
                "{class}: {name} is {}, and coop says {}",
                word(fact),
                word(said)
            ));
        }
    }
}

/// The differences of units' texts hold just the lines that differ.
fn texts(old: &Value, new: &Value, plan: &Value, place: &str, found: &mut Vec<String>) {
    for unit in plan.as_array().into_iter().flatten() {
        let name = get(unit, "name").as_str().unwrap_or_default();
        let text = |side: &Value| -> String {
            let text = get(get(side, name), "text").as_str().unwrap_or_default();
            text.to_owned()
        };
        let said = lines::of_difference(get(unit, "diff").as_str().unwrap_or_default());
        if lines::of_texts(&text(old), &text(new)) != said {
            found.push(format!(
                "{place}{name}: the difference of its text is another one"
            ));
        }
    }
}

/// Lines of a unit that may change without a restart.
const HARMLESS: [&str; 4] = ["Description=", "Documentation=", "OnFailure=", "OnSuccess="];

/// What becomes of services, by their NixOS options and not by their texts.
fn actions(old: &Value, new: &Value, plan: &Value, found: &mut Vec<String>) {
    let actions = get(plan, "actions");
    let is_in = |list: &str, name: &str| {
        let names = get(actions, list).as_array().into_iter().flatten();
        names.filter_map(Value::as_str).any(|known| known == name)
    };
    for (name, change) in named(get(old, "units"), get(new, "units")) {
        let Some(service) = name.strip_suffix(".service") else {
            continue;
        };
        let [before, after] = [old, new].map(|side| {
            get(get(get(side, "units"), &name), "text")
                .as_str()
                .unwrap_or_default()
                .to_owned()
        });
        if !runs(get(get(old, "units"), &name), &before) {
            continue;
        }
        let options = get(get(new, "services"), service);
        let lists = ["stop", "start", "restart", "reload", "wait"];
        let said: Vec<&str> = lists
            .into_iter()
            .filter(|list| is_in(list, &name))
            .collect();
        let wanted: &[&str] = if change == "removed" {
            &["stop"]
        } else if change == "added" || options.is_null() || is_harmless(&before, &after) {
            continue;
        } else if triggers_alone(&before, &after) || options["reloadIfChanged"] == true {
            &["reload"]
        } else if options["restartIfChanged"] == false
            || options["manual"]["start"] == true
            || options["manual"]["stop"] == true
        {
            &["wait"]
        } else if options["stopIfChanged"] == false {
            &["restart"]
        } else {
            let socket = format!("{service}.socket");
            if get(get(new, "units"), &socket).is_null() && options["socket"].is_null() {
                &["stop", "start"]
            } else {
                &["stop"]
            }
        };
        if said != wanted {
            found.push(format!(
                "{name}: it is in {said:?}, and belongs in {wanted:?}"
            ));
        }
    }
}

/// Something pulls the unit in, and it does not end by itself.
fn runs(unit: &Value, text: &str) -> bool {
    let is_wanted =
        unit["is"][2] != Value::Array(Vec::new()) || unit["is"][3] != Value::Array(Vec::new());
    let has = |line: &str| text.lines().any(|known| known == line);
    is_wanted && (!has("Type=oneshot") || has("RemainAfterExit=true"))
}

/// The lines that two texts do not share.
fn changed<'t>(old: &'t str, new: &'t str) -> Vec<&'t str> {
    let (before, after): (BTreeSet<&str>, BTreeSet<&str>) =
        (old.lines().collect(), new.lines().collect());
    before.symmetric_difference(&after).copied().collect()
}

fn is_harmless(old: &str, new: &str) -> bool {
    let is_harmless = |line: &&str| HARMLESS.iter().any(|key| line.starts_with(key));
    changed(old, new).iter().all(is_harmless)
}

fn triggers_alone(old: &str, new: &str) -> bool {
    let is_trigger = |line: &&str| line.starts_with("X-Reload-Triggers=");
    changed(old, new).iter().all(is_trigger)
}
