//! Texts in the store that are known without building: what `writeText`, `writeShellScript`,
//! `pkgs.formats` and the like would write, and files that were copied there.

use std::collections::{BTreeMap, HashMap};

use nix_eval::Evaluator;
use nix_eval::eval::StoreContent;
use nix_store::derivation::Derivation;
use nix_store::{StoreDir, StorePath};
use serde_json::Value as Json;

/// Where the store is.
const STORE: &str = "/nix/store/";
/// Characters in the hash of a store path.
const HASH: usize = 32;
/// Larger texts than this are not shown, in bytes.
const LARGEST: usize = 1 << 20;

/// The store paths in a text, each without what lies below it.
pub(crate) fn references(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            let start = rest.find(STORE)?;
            let path = &rest[start..];
            let name = &path[STORE.len()..];
            let length = name
                .find(|mark: char| !(mark.is_ascii_alphanumeric() || "+-._?=".contains(mark)))
                .unwrap_or(name.len());
            rest = &path[STORE.len() + length..];
            if length > HASH + 1 && name.as_bytes()[HASH] == b'-' {
                return Some(&path[..STORE.len() + length]);
            }
        }
    })
}

/// The name of a store path, without its hash.
pub(crate) fn name(path: &str) -> &str {
    path.get(STORE.len() + HASH + 1..).unwrap_or(path)
}

/// A text without the hashes of its store paths.
pub(crate) fn without_hashes(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(STORE) {
        let end = start + STORE.len();
        shown.push_str(&rest[..end]);
        rest = &rest[end..];
        let is_path = rest.as_bytes().get(HASH) == Some(&b'-')
            && rest.as_bytes()[..HASH]
                .iter()
                .all(u8::is_ascii_alphanumeric);
        if is_path {
            shown.push('…');
            rest = &rest[HASH..];
        }
    }
    shown.push_str(rest);
    shown
}

/// The texts that a text refers to, and those that they refer to, by store path.
pub(crate) fn reached(evaluator: &mut Evaluator, start: &str) -> BTreeMap<String, String> {
    let known = Known::new(evaluator);
    let mut found = BTreeMap::new();
    let mut waiting: Vec<String> = references(start).map(str::to_owned).collect();
    let mut seen: std::collections::HashSet<String> = waiting.iter().cloned().collect();
    while let Some(path) = waiting.pop() {
        let Some(text) = known.text(evaluator, &path) else {
            continue;
        };
        for next in references(&text) {
            if seen.insert(next.to_owned()) {
                waiting.push(next.to_owned());
            }
        }
        found.insert(path, text);
    }
    found
}

/// What the store would hold after this evaluation, by base name.
struct Known {
    /// The derivation that makes a path.
    makers: HashMap<String, StorePath>,
}

impl Known {
    fn new(evaluator: &mut Evaluator) -> Self {
        let mut makers = HashMap::new();
        for (path, record) in evaluator.derivations() {
            for output in record.outputs.values().flatten() {
                makers.insert(output.base_name().to_owned(), path.clone());
            }
        }
        Self { makers }
    }

    fn text(&self, evaluator: &mut Evaluator, path: &str) -> Option<String> {
        let base = path.strip_prefix(STORE)?;
        if let Some(maker) = self.makers.get(base) {
            let record = evaluator.derivation(maker)?;
            return of_derivation(maker, &record.aterm);
        }
        let content = evaluator
            .store_contents()
            .find(|(known, _)| known.base_name() == base)
            .map(|(_, content)| content.clone())?;
        let bytes = match content {
            StoreContent::Text(text) => text.to_vec(),
            StoreContent::Tree(real, _) => evaluator.world.read_file(&real).ok()?,
        };
        readable(String::from_utf8(bytes).ok()?)
    }
}

fn readable(text: String) -> Option<String> {
    (text.len() <= LARGEST && !text.contains('\0')).then_some(text)
}

/// The text that a derivation writes, if that is all it does.
fn of_derivation(path: &StorePath, aterm: &[u8]) -> Option<String> {
    let store = StoreDir::new(STORE.trim_end_matches('/').as_bytes()).ok()?;
    let name = path.derivation_name()?;
    let derivation = Derivation::parse(&store, name.as_bytes(), aterm).ok()?;
    let variable = |name: &str| {
        let found = derivation
            .env
            .iter()
            .find(|(key, _)| key.as_ref() == name.as_bytes());
        found.map(|(_, value)| String::from_utf8_lossy(value).into_owned())
    };
    if let Some(attributes) = variable("__json") {
        let attributes: Json = serde_json::from_str(&attributes).ok()?;
        let text = attributes.get("text").and_then(Json::as_str);
        return match (text, attributes.get("value")) {
            (Some(text), _) => readable(text.to_owned()),
            (None, Some(value)) => readable(indented(value)),
            (None, None) => None,
        };
    }
    let files = variable("passAsFile").unwrap_or_default();
    let is_file = |name: &str| files.split_whitespace().any(|file| file == name);
    // pkgs.formats hand the value over as JSON and translate it.
    if is_file("value") {
        let value = variable("value")?;
        let shown = serde_json::from_str(&value).map_or(value, |json| indented(&json));
        return readable(shown);
    }
    if is_file("text") || derivation.env.contains_key(b"text".as_slice()) {
        return readable(variable("text")?);
    }
    None
}

fn indented(value: &Json) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = "/nix/store/7rjqb838snvvxcmpvck1smfxhkwzqal5-unit-script";

    #[test]
    fn store_paths_are_found_wherever_they_stand() {
        let text =
            format!("ExecStart={PATH}/bin/a -c \"{PATH}\",{PATH}. /nix/store /nix/store/short");
        let found: Vec<&str> = references(&text).collect();
        assert_eq!(found[..2], [PATH, PATH]);
        assert_eq!(found.len(), 3);
        assert_eq!(name(PATH), "unit-script");
    }

    #[test]
    fn hashes_are_left_out_and_nothing_else() {
        assert_eq!(
            without_hashes(&format!("a {PATH}/b /nix/store/x é")),
            "a /nix/store/…-unit-script/b /nix/store/x é"
        );
        let cut = "/nix/store/7rjqb838";
        assert_eq!(without_hashes(cut), cut);
    }
}
