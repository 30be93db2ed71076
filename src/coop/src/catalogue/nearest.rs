//! Options that may have been meant: misspelt beside the right place, or right in the wrong place.

use std::cmp::Reverse;

use super::model::{Entry, SetId, Tables, Type, WordId};
use super::option_path::OptionPath;
use crate::fleet::{Node, Value};

/// The most names that are suggested.
const MOST: usize = 3;
/// Submodules are looked through where their path is shorter than this.
const DEEPEST: usize = 6;
/// How much of two paths has to agree, in hundredths.
const ENOUGH: u32 = 60;

/// Options near to one that there is not; `node` is its value, whose keys belong to the path.
pub(super) fn nearest(
    tables: &Tables,
    path: &OptionPath,
    among: SetId,
    node: &Node,
) -> Vec<OptionPath> {
    let Some((unknown, above)) = path.0.split_last() else {
        return Vec::new();
    };
    let mut siblings: Vec<(Reverse<u32>, &str)> = tables
        .entries(among)
        .iter()
        .filter(|(_, entry)| has_keys(tables, entry, node))
        .map(|(word, _)| tables.word(*word))
        .map(|name| (Reverse(alike(unknown, name)), name))
        .filter(|(likeness, _)| likeness.0 > 0)
        .collect();
    siblings.sort_unstable();
    let Some(&(best, _)) = siblings.first() else {
        return elsewhere(tables, &whole(path, node));
    };
    siblings
        .into_iter()
        .take_while(|(likeness, _)| *likeness == best)
        .take(MOST)
        .map(|(_, name)| {
            let names = above.iter().cloned().chain([name.to_owned()]);
            OptionPath(names.collect())
        })
        .collect()
}

/// Whether a group has what a table wants of it; of other things nothing is known.
fn has_keys(tables: &Tables, entry: &Entry, node: &Node) -> bool {
    match (entry, &node.value) {
        (Entry::Group(set), Value::Table(table)) => {
            table.keys().any(|key| tables.find(*set, key).is_some())
        }
        (Entry::Group(_) | Entry::Removed(_), _) => false,
        _ => true,
    }
}

/// The path down to the first value.
fn whole(path: &OptionPath, node: &Node) -> Vec<String> {
    let mut names = path.0.clone();
    let mut node = node;
    while let Value::Table(table) = &node.value
        && let Some((name, pair)) = table.iter().next()
    {
        names.push(name.clone());
        node = &pair.node;
    }
    names
}

/// Few enough letters differ that the one may be the other misspelt.
fn distance(given: &str, name: &str) -> Option<usize> {
    let most = name.len().min(given.len()).div_ceil(4);
    if given.len().abs_diff(name.len()) > most {
        return None;
    }
    let [given, name] = [given, name].map(str::to_lowercase);
    let distance = strsim::damerau_levenshtein(&given, &name);
    (distance <= most).then_some(distance)
}

/// Options in the whole tree whose last name is the given one, or close to it, and whose path has
/// most of the other names.
fn elsewhere(tables: &Tables, given: &[String]) -> Vec<OptionPath> {
    // `services` is in so many paths that it says nothing.
    let is_top = tables.find(tables.root, &given[0]).is_some() && given.len() > 1;
    let likeness: Vec<Vec<u32>> = given[usize::from(is_top)..]
        .iter()
        .map(|given| tables.words.iter().map(|word| alike(given, word)).collect())
        .collect();
    let mut found: Vec<(Reverse<u32>, Vec<WordId>)> = Vec::new();
    let mut waiting: Vec<(Vec<WordId>, SetId)> = vec![(Vec::new(), tables.root)];
    while let Some((path, set)) = waiting.pop() {
        for (word, entry) in tables.entries(set) {
            let path: Vec<WordId> = path.iter().copied().chain([*word]).collect();
            match entry {
                Entry::Group(set) => waiting.push((path, *set)),
                Entry::Option(option) if !option.is_internal => {
                    let names = if path.len() > 1 {
                        &path[1..]
                    } else {
                        &path[..]
                    };
                    let score = score(&likeness, names);
                    if score >= ENOUGH {
                        found.push((Reverse(score), path.clone()));
                    }
                    if let Type::Submodule { set, .. } = tables.kind(option.of_type)
                        && path.len() < DEEPEST
                    {
                        waiting.push((path, *set));
                    }
                }
                _ => {}
            }
        }
    }
    let shown = |path: &[WordId]| {
        let names = path.iter().map(|&word| tables.word(word).to_owned());
        OptionPath(names.collect())
    };
    let mut found: Vec<(Reverse<u32>, OptionPath)> = found
        .into_iter()
        .map(|(score, path)| (score, shown(&path)))
        .collect();
    found.sort();
    let best = found.first().map(|(score, _)| *score);
    found
        .into_iter()
        .take_while(|(score, _)| Some(*score) == best)
        .take(MOST)
        .map(|(_, path)| path)
        .collect()
}

/// How much of two paths agrees, in hundredths. The last names have to.
fn score(likeness: &[Vec<u32>], path: &[WordId]) -> u32 {
    let like = |given: &Vec<u32>, word: WordId| given.get(word as usize).copied().unwrap_or(0);
    let (Some(last_given), Some(&last)) = (likeness.last(), path.last()) else {
        return 0;
    };
    if like(last_given, last) == 0 {
        return 0;
    }
    let sum: u32 = likeness
        .iter()
        .map(|given| {
            path.iter()
                .map(|&word| like(given, word))
                .max()
                .unwrap_or(0)
        })
        .sum();
    // What is given has to be in the path; what else is in it counts half.
    let (given, path) = (likeness.len(), path.len());
    2 * sum / (given + given.max(path)) as u32
}

/// How alike two names are, in hundredths: the same, one misspelt, or one inside the other.
fn alike(given: &str, name: &str) -> u32 {
    if given == name {
        return 100;
    }
    if let Some(distance) = distance(given, name) {
        return 95_u32.saturating_sub(10 * distance as u32);
    }
    let (short, long) = if given.len() < name.len() {
        (given, name)
    } else {
        (name, given)
    };
    let is_most = short.len() >= 3 && 5 * short.len() >= 2 * long.len();
    if is_most && long.to_lowercase().contains(&short.to_lowercase()) {
        60
    } else {
        0
    }
}
