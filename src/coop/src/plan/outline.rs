//! A plan in short: headed lists of lines, and differences of texts, which every form of output
//! writes in its own way.

use serde::Serialize;
use serde_json::Value as Json;

use super::report::{
    Actions, Change, ContainerPlan, FieldChange, HostPlan, ItemChange, State, SystemPlan,
};

/// Names of one class that are listed unless all are asked for.
const NAMES: usize = 8;
/// Lines of differences that are shown of a host unless all are asked for.
const DIFF_LINES: usize = 60;
/// What changes whenever anything of its kind does.
const WHOLES: [&str; 3] = ["systemd/system", "systemd/user", "dbus-1"];
/// The longest value that is shown, in characters.
const VALUE: usize = 80;

/// A class of changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Block {
    /// The class, with numbers.
    pub(crate) title: String,
    /// One change a line.
    pub(crate) lines: Vec<String>,
}

/// The difference of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Diff {
    /// Which text it is.
    pub(crate) title: String,
    /// The difference, in the unified format.
    pub(crate) text: String,
}

/// A host in short.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outline {
    pub(crate) alarms: Vec<String>,
    pub(crate) blocks: Vec<Block>,
    pub(crate) diffs: Vec<Diff>,
    /// Differences of texts that are left out.
    pub(crate) left_out: usize,
}

/// What a host's state means, in words.
pub(crate) fn words(plan: &HostPlan) -> &'static str {
    match plan.state {
        State::Same => "nothing changes",
        State::Added => "is new",
        State::Removed => "is gone",
        State::Changed => "changes",
        State::Failed => "NOT EVALUATED",
    }
}

/// A host in short, or with all there is.
pub(crate) fn of_host(plan: &HostPlan, full: bool) -> Outline {
    let mut outline = Outline {
        alarms: plan.alarms.clone(),
        ..Outline::default()
    };
    if let Some(failure) = &plan.failure {
        outline.blocks.push(Block {
            title: failure.clone(),
            lines: Vec::new(),
        });
        return outline;
    }
    if !matches!(plan.state, State::Changed | State::Added) {
        return outline;
    }
    if !plan.reboot.is_empty() {
        outline.blocks.push(Block {
            title: format!("needs a reboot: {}", plan.reboot.join(", ")),
            lines: Vec::new(),
        });
    }
    let limit = if full { usize::MAX } else { NAMES };
    actions(&plan.system.actions, limit, &mut outline.blocks);
    classes(&plan.system, "", limit, &mut outline.blocks);
    for (name, container) in &plan.system.containers {
        of_container(name, container, limit, &mut outline.blocks);
    }
    if plan.system.elsewhere {
        outline.blocks.push(Block {
            title: "something that none of these classes holds".to_owned(),
            lines: Vec::new(),
        });
    }
    if plan.state == State::Changed || full {
        diffs(plan, full, &mut outline);
    }
    outline
}

fn actions(actions: &Actions, limit: usize, blocks: &mut Vec<Block>) {
    let both = |name: &&String| actions.stop.contains(*name) && actions.start.contains(*name);
    let again: Vec<&String> = actions
        .stop
        .iter()
        .filter(both)
        .chain(&actions.restart)
        .collect();
    let only = |names: &'_ [String]| -> Vec<String> {
        names
            .iter()
            .filter(|name| !again.contains(name))
            .cloned()
            .collect()
    };
    let mut restart: Vec<String> = again.iter().map(|&name| name.clone()).collect();
    restart.sort();
    if actions.systemd {
        restart.insert(0, "systemd itself".to_owned());
    }
    for (title, names) in [
        ("restarts", restart),
        ("reloads", actions.reload.clone()),
        ("stops", only(&actions.stop)),
        ("starts", {
            let mut names = only(&actions.start);
            names.extend(actions.begin.iter().cloned());
            names
        }),
        (
            "changed, but not restarted by the switch",
            actions.wait.clone(),
        ),
    ] {
        if !names.is_empty() {
            blocks.push(Block {
                title: format!("{title}: {}", listed(&names, limit)),
                lines: Vec::new(),
            });
        }
    }
}

/// Every class of a system; `place` is put before its title.
fn classes(plan: &SystemPlan, place: &str, limit: usize, blocks: &mut Vec<Block>) {
    let full = limit == usize::MAX;
    let units = |changes: &[super::report::UnitChange]| {
        changes
            .iter()
            .map(|unit| {
                (
                    unit.change,
                    format!("{}{}", unit.name, of_fields(&unit.fields)),
                )
            })
            .collect()
    };
    let packages = plan
        .packages
        .iter()
        .map(|package| {
            let versions = match (package.change, package.from == package.to) {
                (Change::Added, _) => package.to.join(", "),
                (Change::Removed, _) => package.from.join(", "),
                (Change::Changed, true) => format!("{}, built anew", package.to.join(", ")),
                (Change::Changed, false) => {
                    format!("{} → {}", package.from.join(", "), package.to.join(", "))
                }
            };
            let words = format!("{} {versions}", package.name);
            (
                package.change,
                words.replace(" ,", ",").trim_end().to_owned(),
            )
        })
        .collect();
    let files = plan
        .files
        .iter()
        .filter(|file| full || !WHOLES.contains(&file.name.as_str()))
        .map(|file| {
            (
                file.change,
                format!("/etc/{}{}", file.name, of_fields(&file.fields)),
            )
        })
        .collect();
    let ports = plan
        .ports
        .iter()
        .map(|port| {
            let place = port
                .interface
                .as_ref()
                .map_or(String::new(), |interface| format!(" on {interface}"));
            (port.change, format!("{}{place}", port.port))
        })
        .collect();
    let mut add = |title: &str, changes: Vec<(Change, String)>| {
        if !changes.is_empty() {
            blocks.push(block(&format!("{place}{title}"), changes, limit));
        }
    };
    add("ports", ports);
    add("units", units(&plan.units));
    add("units of users", units(&plan.user_units));
    add("files", files);
    add("packages", packages);
    for (title, items) in [
        ("users", &plan.users),
        ("groups", &plan.groups),
        ("domains", &plan.domains),
        ("certificates", &plan.certificates),
        ("timers", &plan.timers),
        ("kernel and boot", &plan.boot),
        ("file systems", &plan.file_systems),
        ("swap", &plan.swap),
        ("kernel settings", &plan.sysctl),
        ("settings", &plan.general),
        ("lasting", &plan.lasting),
        ("temporary files", &plan.tmpfiles),
        ("packages with units of their own", &plan.unit_packages),
    ] {
        add(title, items.iter().map(of_item).collect());
    }
    // The step `etc` changes with every file.
    let steps = plan.activation.iter();
    add(
        "activation",
        steps
            .filter(|step| full || step.name != "etc")
            .map(of_item)
            .collect(),
    );
}

fn of_container(name: &str, plan: &ContainerPlan, limit: usize, blocks: &mut Vec<Block>) {
    let what = match plan.state {
        State::Added => "is new",
        State::Removed => "is gone",
        _ => "starts anew",
    };
    blocks.push(Block {
        title: format!("container {name} {what}"),
        lines: Vec::new(),
    });
    if plan.state != State::Changed && limit != usize::MAX {
        return;
    }
    if !plan.settings.is_empty() {
        let settings = plan.settings.iter().map(of_item).collect();
        blocks.push(block(&format!("in {name}: how it is run"), settings, limit));
    }
    classes(&plan.system, &format!("in {name}: "), limit, blocks);
}

fn diffs(plan: &HostPlan, full: bool, outline: &mut Outline) {
    let mut found: Vec<Diff> = Vec::new();
    for text in &plan.texts {
        found.push(Diff {
            title: format!("{}, for {}", text.name, listed(&text.used_by, 3)),
            text: text.diff.clone(),
        });
    }
    of_system(&plan.system, "", full, &mut found);
    for (name, container) in &plan.system.containers {
        if container.state == State::Changed || full {
            of_system(&container.system, &format!("{name}: "), full, &mut found);
        }
    }
    let mut lines = 0;
    for diff in grouped(found) {
        lines += diff.text.lines().count();
        if full || lines <= DIFF_LINES {
            outline.diffs.push(diff);
        } else {
            outline.left_out += 1;
        }
    }
}

/// Texts with the same lines changed are shown once.
fn grouped(diffs: Vec<Diff>) -> Vec<Diff> {
    let mut groups: Vec<(Vec<String>, Vec<String>, String)> = Vec::new();
    for diff in diffs {
        let lines: Vec<String> = diff
            .text
            .lines()
            .filter(|line| line.starts_with(['+', '-']))
            .map(str::to_owned)
            .collect();
        match groups.iter_mut().find(|(known, _, _)| *known == lines) {
            Some((_, titles, _)) => titles.push(diff.title),
            None => groups.push((lines, vec![diff.title], diff.text)),
        }
    }
    groups
        .into_iter()
        .map(|(_, titles, text)| Diff {
            title: listed(&titles, 3),
            text,
        })
        .collect()
}

fn of_system(plan: &SystemPlan, place: &str, full: bool, found: &mut Vec<Diff>) {
    let wanted = |change: Change| full || change == Change::Changed;
    let files = plan.files.iter();
    found.extend(
        files
            .filter(|file| wanted(file.change) && !file.diff.is_empty())
            .map(|file| Diff {
                title: format!("{place}/etc/{}", file.name),
                text: file.diff.clone(),
            }),
    );
    let units = plan.units.iter().chain(&plan.user_units);
    found.extend(
        units
            .filter(|unit| wanted(unit.change) && !unit.diff.is_empty())
            .map(|unit| Diff {
                title: format!("{place}{}", unit.name),
                text: unit.diff.clone(),
            }),
    );
}

fn block(title: &str, changes: Vec<(Change, String)>, limit: usize) -> Block {
    let count = |wanted: Change| {
        changes
            .iter()
            .filter(|(change, _)| *change == wanted)
            .count()
    };
    let numbers: Vec<String> = [
        (Change::Added, "added"),
        (Change::Removed, "removed"),
        (Change::Changed, "changed"),
    ]
    .into_iter()
    .filter(|(change, _)| count(*change) > 0)
    .map(|(change, word)| format!("{} {word}", count(change)))
    .collect();
    let more = changes.len().saturating_sub(limit);
    let mut lines: Vec<String> = changes
        .into_iter()
        .take(limit)
        .map(|(change, text)| format!("{} {text}", sign(change)))
        .collect();
    if more > 0 {
        lines.push(format!("… and {more} more"));
    }
    Block {
        title: format!("{title}: {}", numbers.join(", ")),
        lines,
    }
}

fn sign(change: Change) -> char {
    match change {
        Change::Added => '+',
        Change::Removed => '-',
        Change::Changed => '~',
    }
}

fn of_item(item: &ItemChange) -> (Change, String) {
    (
        item.change,
        format!("{}{}", item.name, of_fields(&item.fields)),
    )
}

fn of_fields(fields: &[FieldChange]) -> String {
    let shown: Vec<String> = fields.iter().map(of_field).collect();
    if shown.is_empty() {
        String::new()
    } else {
        format!(": {}", shown.join("; "))
    }
}

fn of_field(field: &FieldChange) -> String {
    let name = if field.name.is_empty() {
        String::new()
    } else {
        format!("{} ", field.name)
    };
    let values = match (&field.from, &field.to) {
        (Some(Json::Array(from)), Some(Json::Array(to))) => {
            let came = to.iter().filter(|value| !from.contains(value));
            let gone = from.iter().filter(|value| !to.contains(value));
            let shown = |word: &str, values: Vec<String>| {
                (!values.is_empty()).then(|| format!("{word} {}", values.join(", ")))
            };
            let changes: Vec<String> = shown("with", came.map(value_shown).collect())
                .into_iter()
                .chain(shown("without", gone.map(value_shown).collect()))
                .collect();
            if changes.is_empty() {
                "in another order".to_owned()
            } else {
                changes.join(", ")
            }
        }
        (None, Some(to)) => value_shown(to),
        (Some(from), None) => format!("{} → nothing", value_shown(from)),
        (Some(from), Some(to)) => format!("{} → {}", value_shown(from), value_shown(to)),
        (None, None) => String::new(),
    };
    format!("{name}{values}")
}

fn value_shown(value: &Json) -> String {
    let text = match value {
        Json::String(text) => super::store_text::without_hashes(text),
        Json::Null => "nothing".to_owned(),
        other => super::store_text::without_hashes(&other.to_string()),
    };
    let text = text.replace('\n', " ");
    if text.chars().count() <= VALUE {
        return text;
    }
    let start: String = text.chars().take(VALUE).collect();
    format!("{start}…")
}

fn listed(names: &[String], limit: usize) -> String {
    let more = names.len().saturating_sub(limit);
    let shown = names
        .iter()
        .take(limit)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    if more > 0 {
        format!("{shown} and {more} more")
    } else {
        shown
    }
}
