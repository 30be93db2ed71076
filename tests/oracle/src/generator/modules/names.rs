//! Names of options and attributes, and the paths that they make.

use super::Systems;

/// Names of options; some need quotes, some mean something elsewhere.
const OPTIONS: &[&str] = &[
    "a", "b", "c", "d", "enable", "value", "list", "type", "x.y", "a b", "1", "or'", "meta",
    "default", "args", "*", "check", "name",
];

/// Names of attributes in values.
const ATTRIBUTES: &[&str] = &["a", "b", "c", "k", "x.y", "name", "value", "file"];

/// The names that lead to an option.
pub(super) type Path = Vec<String>;

/// A name as it is written: in quotes where it is no identifier.
pub(super) fn written(name: &str) -> String {
    let is_start = |c: char| c.is_ascii_alphabetic() || c == '_';
    let is_rest = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '\'' | '-');
    if name.starts_with(is_start) && name.chars().all(is_rest) {
        name.to_owned()
    } else {
        format!("\"{name}\"")
    }
}

/// A path as it is written to select by it, or to define.
pub(super) fn dotted(path: &[String]) -> String {
    let names: Vec<String> = path.iter().map(|name| written(name)).collect();
    names.join(".")
}

/// A path as a list of strings.
pub(super) fn listed(path: &[String]) -> String {
    let names: Vec<String> = path.iter().map(|name| format!("\"{name}\"")).collect();
    format!("[ {} ]", names.join(" "))
}

impl Systems {
    /// The name of an attribute in a value.
    pub(super) fn attribute(&mut self) -> String {
        self.random.pick(ATTRIBUTES).to_owned()
    }

    /// A path behind `prefix` that leads to none of `others`, through none of them and not to what is around
    /// one.
    pub(super) fn new_path<'a>(
        &mut self,
        prefix: &[String],
        others: impl Iterator<Item = &'a Path>,
    ) -> Path {
        let others: Vec<&Path> = others.collect();
        let is_free = |path: &Path| {
            let is_near = |other: &&Path| path.starts_with(other) || other.starts_with(path);
            !others.iter().any(is_near)
        };
        loop {
            let length = 1 + [0, 0, 0, 1, 1, 2][self.random.below(6)];
            let names = (0..length).map(|_| self.random.pick(OPTIONS).to_owned());
            let path: Path = prefix.iter().cloned().chain(names).collect();
            if is_free(&path) {
                return path;
            }
        }
    }
}
