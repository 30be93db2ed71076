//! Finds where two closures of .drv files part: the first file whose inputs agree while it does not.
//! The files are read as text, without the code that is being tested.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Two .drv files that stand for the same thing and differ, though their inputs are the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Culprit {
    /// Nix's store path.
    pub nix: String,
    /// coop's store path.
    pub coop: String,
    /// The first place where the texts differ, with some text around it: Nix's and coop's.
    pub excerpts: Option<(String, String)>,
}

/// How many bytes of text are shown before and behind a difference.
const EXCERPT: usize = 160;

/// Goes down from two .drv paths that differ to the first pair whose inputs agree. `nix_store` and
/// `coop_store` are the directories in which their files lie under their base names.
#[must_use]
pub fn find_culprit(nix: &str, coop: &str, nix_store: &Path, coop_store: &Path) -> Culprit {
    let (mut nix, mut coop) = (nix.to_owned(), coop.to_owned());
    let mut visited = BTreeSet::new();
    loop {
        let texts = read(nix_store, &nix).zip(read(coop_store, &coop));
        let Some((left, right)) = texts else {
            return Culprit {
                nix,
                coop,
                excerpts: None,
            };
        };
        let next = differing_inputs(&left, &right)
            .into_iter()
            .find(|pair| visited.insert(pair.clone()));
        match next {
            Some(pair) => (nix, coop) = pair,
            None => {
                return Culprit {
                    nix,
                    coop,
                    excerpts: Some(excerpts(&left, &right)),
                };
            }
        }
    }
}

fn read(store: &Path, path: &str) -> Option<String> {
    let base: PathBuf = Path::new(path).file_name()?.into();
    std::fs::read(store.join(base))
        .ok()
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// The input derivations that have the same name on both sides and another path. Those that come
/// several times under one name are paired in order.
fn differing_inputs(left: &str, right: &str) -> Vec<(String, String)> {
    let (left, right) = (inputs(left), inputs(right));
    let only_left: Vec<&String> = left.difference(&right).collect();
    let mut only_right: Vec<&String> = right.difference(&left).collect();
    let mut pairs = Vec::new();
    for path in only_left {
        let Some(place) = only_right
            .iter()
            .position(|other| name(other) == name(path))
        else {
            continue;
        };
        pairs.push((path.clone(), only_right.remove(place).clone()));
    }
    pairs
}

/// The part of a store path behind the hash.
fn name(path: &str) -> &str {
    path.rsplit('/')
        .next()
        .and_then(|base| base.get(33..))
        .unwrap_or(path)
}

/// The paths of input derivations: the strings that open the pairs of the second list.
fn inputs(text: &str) -> BTreeSet<String> {
    let marker = "(\"/";
    text.match_indices(marker)
        .filter_map(|(start, _)| {
            let rest = &text[start + 2..];
            let path = &rest[..rest.find('"')?];
            rest[path.len()..]
                .starts_with("\",[")
                .then(|| path.to_owned())
        })
        .collect()
}

/// What stands around the first difference of two texts, in each of them.
#[must_use]
pub fn excerpts(left: &str, right: &str) -> (String, String) {
    let place = left
        .bytes()
        .zip(right.bytes())
        .take_while(|(a, b)| a == b)
        .count();
    let cut = |text: &str| {
        let bytes = text.as_bytes();
        let start = place.saturating_sub(EXCERPT).min(bytes.len());
        let end = (place + EXCERPT).min(bytes.len());
        String::from_utf8_lossy(&bytes[start..end]).into_owned()
    };
    (cut(left), cut(right))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(files: &[(&str, &str)]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(directory.path().join(name), text).unwrap();
        }
        directory
    }

    #[test]
    fn the_deepest_difference_is_found() {
        let hash = |letter: &str| letter.repeat(32);
        let path = |letter: &str, name: &str| format!("/nix/store/{}-{name}.drv", hash(letter));
        let base = |letter: &str, name: &str| format!("{}-{name}.drv", hash(letter));
        let top = |dependency: &str| format!("Derive([],[(\"{dependency}\",[\"out\"])],[],\"s\")");
        let (nix_top, coop_top) = (top(&path("c", "dep")), top(&path("d", "dep")));
        let nix = store(&[
            (&base("a", "top"), &nix_top),
            (&base("c", "dep"), "Derive(one)"),
        ]);
        let coop = store(&[
            (&base("b", "top"), &coop_top),
            (&base("d", "dep"), "Derive(two)"),
        ]);
        let culprit = find_culprit(
            &path("a", "top"),
            &path("b", "top"),
            nix.path(),
            coop.path(),
        );
        assert_eq!(culprit.nix, path("c", "dep"));
        assert_eq!(culprit.coop, path("d", "dep"));
        assert_eq!(
            culprit.excerpts,
            Some(("Derive(one)".into(), "Derive(two)".into()))
        );
    }

    #[test]
    fn a_missing_file_ends_the_search() {
        let empty = store(&[]);
        let culprit = find_culprit(
            "/nix/store/x.drv",
            "/nix/store/y.drv",
            empty.path(),
            empty.path(),
        );
        assert_eq!(culprit.excerpts, None);
    }
}
