//! What changed between two lock files, in words.

use std::fmt::Write as _;

use super::{Edge, LockFile};
use nix_eval::date;

fn describe(file: &LockFile, edge: &Edge) -> String {
    match edge {
        Edge::Follows(path) => format!("follows '{}'", path.join("/")),
        Edge::Node(id) => {
            let Some(source) = &file.nodes[*id].source else {
                return "the flake itself".to_owned();
            };
            let modified = source.locked.input.attributes.number("lastModified");
            let day = match modified {
                Ok(Some(seconds)) => format!(" ({})", date::day(seconds)),
                _ => String::new(),
            };
            format!("'{}'{day}", source.locked.show())
        }
    }
}

fn equal(old: (&LockFile, &Edge), new: (&LockFile, &Edge)) -> bool {
    let locked = |(file, edge): (&LockFile, &Edge)| match edge {
        Edge::Node(id) => file.nodes[*id].source.as_ref().map(|s| s.locked.clone()),
        Edge::Follows(_) => None,
    };
    match (old.1, new.1) {
        (Edge::Node(_), Edge::Node(_)) => locked(old) == locked(new),
        (old, new) => old == new,
    }
}

/// The differences, one to three lines each; empty where there are none.
#[must_use]
pub fn diff(old: &LockFile, new: &LockFile) -> String {
    let (before, after) = (old.all_inputs(), new.all_inputs());
    let mut paths: Vec<_> = before.keys().chain(after.keys()).collect();
    paths.sort();
    paths.dedup();
    let mut out = String::new();
    for path in paths {
        let name = path.join("/");
        // Writing to a string cannot fail.
        let _ = match (before.get(path), after.get(path)) {
            (None, Some(edge)) => {
                writeln!(out, "• Added input '{name}':\n    {}", describe(new, edge))
            }
            (Some(_), None) => writeln!(out, "• Removed input '{name}'"),
            (Some(was), Some(is)) if !equal((old, was), (new, is)) => writeln!(
                out,
                "• Updated input '{name}':\n    {}\n  → {}",
                describe(old, was),
                describe(new, is)
            ),
            _ => Ok(()),
        };
    }
    out
}
