//! Unit files as switch-to-configuration reads and compares them. The rules are those of
//! `switch-to-configuration-ng` in nixpkgs (`parse_systemd_ini`, `compare_units`).

use std::collections::{BTreeMap, BTreeSet};

/// Keys of `[Unit]` whose change needs no restart.
const HARMLESS: [&str; 13] = [
    "X-Reload-Triggers",
    "Description",
    "Documentation",
    "OnFailure",
    "OnSuccess",
    "OnFailureJobMode",
    "IgnoreOnIsolate",
    "StopWhenUnneeded",
    "RefuseManualStart",
    "RefuseManualStop",
    "AllowIsolate",
    "CollectMode",
    "SourcePath",
];

/// What a unit is, by the end of its name: `service`.
pub(crate) fn kind(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or_default()
}

/// Keys with their values.
type Keys = BTreeMap<String, Vec<String>>;

/// What the difference of two unit files asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing.
    Equal,
    /// A reload.
    Reload,
    /// A restart, or what the unit wants in its place.
    Restart,
}

/// A unit file: keys with their values by section, without `[Install]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct UnitFile(BTreeMap<String, Keys>);

impl UnitFile {
    /// Reads the text of a unit.
    pub(crate) fn parse(text: &str) -> Self {
        let mut sections: BTreeMap<String, Keys> = BTreeMap::new();
        let mut current = None;
        let mut rest = text;
        while !rest.is_empty() {
            let end = rest.find('\n').map_or(rest.len(), |at| at + 1);
            let line = rest[..end].trim();
            if let Some(name) = line
                .strip_prefix('[')
                .and_then(|rest| rest.strip_suffix(']'))
            {
                let is_read = name != "Install";
                current = is_read.then(|| sections.entry(name.to_owned()).or_default());
            } else if !line.is_empty()
                && !line.starts_with(['#', ';'])
                && let Some((key, _)) = rest[..end].split_once('=')
            {
                let (value, length) = value(&rest[key.len() + 1..]);
                rest = &rest[key.len() + 1 + length..];
                if let Some(section) = &mut current {
                    let values = section.entry(key.trim().to_owned()).or_default();
                    // An empty value takes back the ones before; it is kept as a mark.
                    if value.is_empty() {
                        values.clear();
                    }
                    values.push(value);
                }
                continue;
            }
            rest = &rest[end..];
        }
        // The program reads several values as often as there are, unless an empty one stands before
        // them: only then does that make a difference.
        for values in sections.values_mut().flat_map(BTreeMap::values_mut) {
            if values.len() <= 2 && values.first().is_some_and(String::is_empty) {
                values.remove(0);
            }
        }
        Self(sections)
    }

    /// The values of a key.
    pub(crate) fn values(&self, section: &str, key: &str) -> &[String] {
        let values = self.0.get(section).and_then(|keys| keys.get(key));
        values.map_or(&[], Vec::as_slice)
    }

    /// The keys of a section, with their values.
    pub(crate) fn section(&self, section: &str) -> Keys {
        let mut keys = self.0.get(section).cloned().unwrap_or_default();
        for values in keys.values_mut() {
            values.retain(|value| !value.is_empty());
        }
        keys
    }

    /// A key that is true or false, with what holds where it is not set.
    pub(crate) fn flag(&self, section: &str, key: &str, default: bool) -> bool {
        match self.values(section, key).last() {
            Some(value) => matches!(value.as_str(), "1" | "yes" | "true" | "on"),
            None => default,
        }
    }

    /// What has to be done where this file gives way to another.
    pub(crate) fn compare(&self, new: &Self) -> Verdict {
        let mut verdict = Verdict::Equal;
        let came = new.0.keys().filter(|name| !self.0.contains_key(*name));
        if came.count() > 1 {
            return Verdict::Restart;
        }
        let sections: BTreeSet<&String> = self.0.keys().chain(new.0.keys()).collect();
        for section in sections {
            let found = match (self.0.get(section), new.0.get(section)) {
                (Some(old), Some(new)) => compare_section(section, old, new),
                (Some(old), None) => section_left(section, old),
                (None, Some(new)) => section_came(section, new),
                (None, None) => Verdict::Equal,
            };
            match found {
                Verdict::Restart => return Verdict::Restart,
                Verdict::Reload => verdict = Verdict::Reload,
                Verdict::Equal => {}
            }
        }
        verdict
    }
}

fn is_harmless(section: &str, key: &str) -> bool {
    section == "Unit" && HARMLESS.contains(&key)
}

fn compare_section(section: &str, old: &Keys, new: &Keys) -> Verdict {
    let mut verdict = Verdict::Equal;
    for (key, before) in old {
        let found = match new.get(key) {
            Some(after) if after == before => Verdict::Equal,
            Some(_) => key_changed(section, key),
            None if is_harmless(section, key) => Verdict::Equal,
            // The running process does not notice, and the new unit can no longer be reloaded.
            None if section == "Service" && key == "ExecReload" => Verdict::Equal,
            None => Verdict::Restart,
        };
        match found {
            Verdict::Restart => return Verdict::Restart,
            Verdict::Reload => verdict = Verdict::Reload,
            Verdict::Equal => {}
        }
    }
    let came: Vec<&str> = new
        .keys()
        .filter(|key| !old.contains_key(*key))
        .map(String::as_str)
        .collect();
    match (section, came.as_slice()) {
        (_, []) => verdict,
        ("Unit", came) => {
            if came.iter().any(|key| !is_harmless(section, key)) {
                Verdict::Restart
            } else if came.contains(&"X-Reload-Triggers") {
                Verdict::Reload
            } else {
                verdict
            }
        }
        ("Service", ["ExecReload"]) => Verdict::Reload,
        _ => Verdict::Restart,
    }
}

fn key_changed(section: &str, key: &str) -> Verdict {
    match (section, key) {
        ("Unit", "X-Reload-Triggers") | ("Service", "ExecReload") | ("Mount", "Options") => {
            Verdict::Reload
        }
        _ if is_harmless(section, key) => Verdict::Equal,
        _ => Verdict::Restart,
    }
}

fn section_left(section: &str, old: &Keys) -> Verdict {
    let is_nothing = match section {
        "Unit" => old.keys().all(|key| is_harmless(section, key)),
        "Service" => old.len() == 1 && old.contains_key("ExecReload"),
        _ => false,
    };
    if is_nothing {
        Verdict::Equal
    } else {
        Verdict::Restart
    }
}

fn section_came(section: &str, new: &Keys) -> Verdict {
    match section {
        "Unit" if new.keys().all(|key| is_harmless(section, key)) => {
            if new.contains_key("X-Reload-Triggers") {
                Verdict::Reload
            } else {
                Verdict::Equal
            }
        }
        "Service" if new.len() == 1 && new.contains_key("ExecReload") => Verdict::Reload,
        _ => Verdict::Restart,
    }
}

/// A value up to the end of its line, and how many bytes it takes: lines that end in a backslash go
/// on, quotes at its beginning are no part of it, and ` #` and ` ;` begin a comment, as the program's
/// INI reader has it.
fn value(text: &str) -> (String, usize) {
    let mut read = String::new();
    let mut at = text.len() - text.trim_start_matches([' ', '\t']).len();
    let mut is_first = true;
    while let Some(quote @ ('"' | '\'')) = text[at..].chars().next() {
        at += 1;
        let inside = &text[at..];
        let end = inside.find(quote).unwrap_or(inside.len());
        read.push_str(&inside[..end].replace("\\\n", ""));
        at = (at + end + 1).min(text.len());
        is_first = false;
    }
    let mut plain = String::new();
    let mut marks = text[at..].char_indices().peekable();
    let mut is_comment = false;
    let mut end = text.len();
    while let Some((offset, mark)) = marks.next() {
        let next = marks.peek().map(|&(_, mark)| mark);
        match mark {
            '\n' => {
                end = at + offset + 1;
                break;
            }
            _ if is_comment => {}
            ' ' | '\t' if matches!(next, Some('#' | ';')) => {
                is_comment = true;
            }
            '\\' if next == Some('\n') => {
                marks.next();
            }
            mark => plain.push(mark),
        }
    }
    read.push_str(if is_first {
        plain.trim()
    } else {
        plain.trim_end()
    });
    (read, end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(old: &str, new: &str) -> Verdict {
        UnitFile::parse(old).compare(&UnitFile::parse(new))
    }

    /// Each rule of `compare_units`, with two units that it decides.
    #[test]
    fn units_are_compared_by_the_rules_of_switch_to_configuration() {
        use Verdict::{Equal, Reload, Restart};
        let cases = [
            (
                "comments and order do not count",
                Equal,
                "# a\n[Unit]\nA=1\nB=2\n",
                "[Unit]\n; b\nB=2\nA=1\n",
            ),
            (
                "what stands under [Install] does not count",
                Equal,
                "[Install]\nWantedBy=a.target\n",
                "",
            ),
            (
                "another command",
                Restart,
                "[Service]\nExecStart=a\n",
                "[Service]\nExecStart=b\n",
            ),
            (
                "one command more",
                Restart,
                "[Service]\nExecStart=a\n",
                "[Service]\nExecStart=a\nExecStart=b\n",
            ),
            (
                "an empty value takes back what stood before it",
                Equal,
                "[Service]\nExecStart=a\nExecStart=\nExecStart=b\n",
                "[Service]\nExecStart=b\n",
            ),
            (
                "unless it stands before several",
                Restart,
                "[Service]\nExecStart=\nExecStart=a\nExecStart=b\n",
                "[Service]\nExecStart=a\nExecStart=b\n",
            ),
            (
                "another description",
                Equal,
                "[Unit]\nDescription=a\n",
                "[Unit]\nDescription=b\n",
            ),
            (
                "a description goes",
                Equal,
                "[Unit]\nA=1\nDescription=a\n",
                "[Unit]\nA=1\n",
            ),
            (
                "a description comes",
                Equal,
                "[Unit]\nA=1\n",
                "[Unit]\nA=1\nDescription=a\n",
            ),
            (
                "whom to tell of a failure",
                Equal,
                "[Unit]\nOnFailure=a\n",
                "[Unit]\nOnFailure=b\n",
            ),
            (
                "other dependencies",
                Restart,
                "[Unit]\nAfter=a\n",
                "[Unit]\nAfter=b\n",
            ),
            (
                "a dependency goes",
                Restart,
                "[Unit]\nAfter=a\nB=1\n",
                "[Unit]\nB=1\n",
            ),
            (
                "a dependency comes",
                Restart,
                "[Unit]\nB=1\n",
                "[Unit]\nAfter=a\nB=1\n",
            ),
            (
                "triggers of a restart",
                Restart,
                "[Unit]\nX-Restart-Triggers=a\n",
                "[Unit]\nX-Restart-Triggers=b\n",
            ),
            (
                "triggers of a reload",
                Reload,
                "[Unit]\nX-Reload-Triggers=a\n",
                "[Unit]\nX-Reload-Triggers=b\n",
            ),
            (
                "triggers of a reload come",
                Reload,
                "[Unit]\nA=1\n",
                "[Unit]\nA=1\nX-Reload-Triggers=b\n",
            ),
            (
                "triggers of a reload go",
                Equal,
                "[Unit]\nA=1\nX-Reload-Triggers=b\n",
                "[Unit]\nA=1\n",
            ),
            (
                "triggers of a reload, and more",
                Restart,
                "[Unit]\nX-Reload-Triggers=a\nAfter=a\n",
                "[Unit]\nX-Reload-Triggers=b\nAfter=b\n",
            ),
            (
                "another way to reload",
                Reload,
                "[Service]\nExecReload=a\n",
                "[Service]\nExecReload=b\n",
            ),
            (
                "a way to reload comes",
                Reload,
                "[Service]\nA=1\n",
                "[Service]\nA=1\nExecReload=b\n",
            ),
            (
                "a way to reload comes, with more",
                Restart,
                "[Service]\nA=1\n",
                "[Service]\nA=1\nB=2\nExecReload=b\n",
            ),
            (
                "a way to reload goes",
                Equal,
                "[Service]\nA=1\nExecReload=a\n",
                "[Service]\nA=1\n",
            ),
            (
                "options of a mount",
                Reload,
                "[Mount]\nOptions=a\n",
                "[Mount]\nOptions=b\n",
            ),
            (
                "what is mounted",
                Restart,
                "[Mount]\nWhat=a\n",
                "[Mount]\nWhat=b\n",
            ),
            (
                "a section comes",
                Restart,
                "[Service]\nA=1\n",
                "[Service]\nA=1\n[Socket]\nB=1\n",
            ),
            (
                "a section goes",
                Restart,
                "[Service]\nA=1\n[Socket]\nB=1\n",
                "[Service]\nA=1\n",
            ),
            (
                "a section of harmless keys goes",
                Equal,
                "[Service]\nA=1\n[Unit]\nDescription=a\n",
                "[Service]\nA=1\n",
            ),
            (
                "a section of harmless keys comes",
                Equal,
                "[Service]\nA=1\n",
                "[Service]\nA=1\n[Unit]\nDescription=a\n",
            ),
            (
                "a section that only reloads goes",
                Equal,
                "[Unit]\nA=1\n[Service]\nExecReload=a\n",
                "[Unit]\nA=1\n",
            ),
            (
                "a section that only reloads comes",
                Reload,
                "[Unit]\nA=1\n",
                "[Unit]\nA=1\n[Service]\nExecReload=a\n",
            ),
            (
                "two sections come, however harmless",
                Restart,
                "[Path]\nA=1\n",
                "[Path]\nA=1\n[Unit]\nDescription=a\n[Service]\nExecReload=a\n",
            ),
        ];
        for (what, verdict, old, new) in cases {
            assert_eq!(compare(old, new), verdict, "{what}");
        }
    }

    #[test]
    fn flags_are_read_as_systemd_reads_them() {
        let file = UnitFile::parse("[Unit]\nA=yes\nA=0\nB=on\nC=\n");
        assert!(!file.flag("Unit", "A", true), "the last one counts");
        assert!(file.flag("Unit", "B", false));
        assert!(file.flag("Unit", "C", true), "an empty one is none");
        assert!(!file.flag("Service", "B", false));
    }

    #[test]
    fn quotes_around_a_value_are_no_part_of_it() {
        assert_eq!(
            compare(
                "[Service]\nEnvironment=\"A=1\"\n",
                "[Service]\nEnvironment=A=1\n"
            ),
            Verdict::Equal
        );
        assert_eq!(
            compare(
                "[Service]\nEnvironment=\"A=1\"\n",
                "[Service]\nEnvironment=\"A=2\"\n"
            ),
            Verdict::Restart
        );
    }

    #[test]
    fn what_follows_a_space_and_a_comment_sign_does_not_count() {
        let unit = |command: &str| format!("[Service]\nExecStart=sh -c 'a {command}\n");
        assert_eq!(compare(&unit("; b'"), &unit("; c'")), Verdict::Equal);
        assert_eq!(compare(&unit("b'"), &unit("c'")), Verdict::Restart);
    }

    #[test]
    fn a_line_goes_on_after_a_backslash() {
        let file = UnitFile::parse("[Service]\nExecStart=a \\\n  b\nType=simple\n");
        assert_eq!(file.values("Service", "ExecStart"), ["a   b"]);
        assert_eq!(file.values("Service", "Type"), ["simple"]);
    }
}
