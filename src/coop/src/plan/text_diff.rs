//! Differences between texts, and the texts behind the store paths in them.

use std::collections::{BTreeMap, BTreeSet};

use similar::TextDiff;

use super::report::TextChange;
use super::store_text::{name, references, without_hashes};

/// Lines around a difference.
const CONTEXT: usize = 2;

/// JSON on one line is taken apart.
fn readable(text: &str) -> String {
    let is_json = text.starts_with(['{', '[']) && text.trim_end().lines().count() == 1;
    let value = is_json.then(|| serde_json::from_str::<serde_json::Value>(text).ok());
    match value.flatten() {
        Some(value) => serde_json::to_string_pretty(&value).unwrap_or_default() + "\n",
        None => text.to_owned(),
    }
}

/// The difference of two texts without the hashes of store paths; empty where that is all.
pub(crate) fn unified(old: &str, new: &str) -> String {
    let (old, new) = (without_hashes(old), without_hashes(new));
    if old == new {
        return String::new();
    }
    let (old, new) = (readable(&old), readable(&new));
    TextDiff::from_lines(&old, &new)
        .unified_diff()
        .context_radius(CONTEXT)
        .missing_newline_hint(false)
        .to_string()
}

/// Texts on both sides by store path, and which of them were found to differ.
pub(crate) struct Texts<'a> {
    old: &'a BTreeMap<String, String>,
    new: &'a BTreeMap<String, String>,
    /// By the paths on both sides: the difference, and who uses it.
    found: BTreeMap<(String, String), (String, BTreeSet<String>)>,
}

impl<'a> Texts<'a> {
    pub(crate) fn new(
        old: &'a BTreeMap<String, String>,
        new: &'a BTreeMap<String, String>,
    ) -> Self {
        Self {
            old,
            new,
            found: BTreeMap::new(),
        }
    }

    /// The texts of two store paths.
    pub(crate) fn of(&self, old: &str, new: &str) -> (Option<&'a str>, Option<&'a str>) {
        let text = |texts: &'a BTreeMap<String, String>, path: &str| {
            let path = references(path).next()?;
            texts.get(path).map(String::as_str)
        };
        (text(self.old, old), text(self.new, new))
    }

    /// Notes what differs behind the store paths of two texts that `user` has.
    pub(crate) fn follow(&mut self, user: &str, old: &str, new: &str) {
        let mut seen = BTreeSet::new();
        let mut waiting = vec![(old, new)];
        while let Some((old, new)) = waiting.pop() {
            for pair in pairs(old, new) {
                if !seen.insert(pair) {
                    continue;
                }
                let (Some(before), Some(after)) = (self.old.get(pair.0), self.new.get(pair.1))
                else {
                    continue;
                };
                let key = (pair.0.to_owned(), pair.1.to_owned());
                let (_, users) = self
                    .found
                    .entry(key)
                    .or_insert_with(|| (unified(before, after), BTreeSet::new()));
                users.insert(user.to_owned());
                waiting.push((before, after));
            }
        }
    }

    /// What was found, by name.
    pub(crate) fn changes(self) -> Vec<TextChange> {
        let mut changes: Vec<TextChange> = self
            .found
            .into_iter()
            .filter(|(_, (diff, _))| !diff.is_empty())
            .map(|((_, path), (diff, users))| TextChange {
                name: name(&path).to_owned(),
                diff,
                used_by: users.into_iter().collect(),
            })
            .collect();
        changes.sort_by(|one, other| (&one.name, &one.diff).cmp(&(&other.name, &other.diff)));
        changes.dedup();
        changes
    }
}

/// Store paths of one text that gave way to others of the same name in another, versions aside.
fn pairs<'t>(old: &'t str, new: &'t str) -> Vec<(&'t str, &'t str)> {
    let before: BTreeSet<&str> = references(old).collect();
    let after: BTreeSet<&str> = references(new).collect();
    let group = |text: &'t str, other: &BTreeSet<&str>| {
        let mut groups: BTreeMap<&str, Vec<&'t str>> = BTreeMap::new();
        for path in references(text).filter(|path| !other.contains(path)) {
            let group = groups.entry(without_version(name(path))).or_default();
            if !group.contains(&path) {
                group.push(path);
            }
        }
        groups
    };
    let (gone, came) = (group(old, &after), group(new, &before));
    gone.into_iter()
        .filter_map(|(name, gone)| came.get(name).map(|came| (gone, came.clone())))
        .flat_map(|(gone, came)| gone.into_iter().zip(came))
        .collect()
}

/// `mastodon` of `mastodon-4.6.0`.
fn without_version(name: &str) -> &str {
    let end = name
        .match_indices('-')
        .find(|(at, _)| name[at + 1..].starts_with(|mark: char| mark.is_ascii_digit()));
    end.map_or(name, |(at, _)| &name[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(letter: &str, name: &str) -> String {
        format!("/nix/store/{}-{name}", letter.repeat(32))
    }

    #[test]
    fn a_text_behind_a_text_is_found_with_those_who_use_it() {
        let (a, b, c, d) = (
            path("a", "start"),
            path("b", "start"),
            path("c", "app-1.0.json"),
            path("d", "app-1.1.json"),
        );
        let old = BTreeMap::from([(a.clone(), format!("run {c}\n")), (c, "x = 1\n".to_owned())]);
        let new = BTreeMap::from([(b.clone(), format!("run {d}\n")), (d, "x = 2\n".to_owned())]);
        let mut texts = Texts::new(&old, &new);
        texts.follow("one.service", &a, &b);
        texts.follow("two.service", &a, &b);
        let changes = texts.changes();
        let names: Vec<&str> = changes.iter().map(|change| change.name.as_str()).collect();
        assert_eq!(names, ["app-1.1.json", "start"]);
        assert_eq!(changes[0].used_by, ["one.service", "two.service"]);
        assert!(changes[0].diff.contains("-x = 1\n+x = 2\n"));
    }

    #[test]
    fn another_hash_alone_is_no_difference_of_text() {
        assert_eq!(unified(&path("a", "x"), &path("b", "x")), "");
    }
}
