//! What was read of a flake's own tree: the answers that its files gave, and whether another tree
//! gives the same. The tree's path and hash are not among them; an evaluation that saw those has no
//! record of this sort.

use std::collections::BTreeMap;

use nix_store::hash::{Algorithm, Encoding, Hash};
use nix_store::nar::MemoryTree;
use serde::{Deserialize, Serialize};

use super::word;
use crate::memory;

/// What can be asked of a place in a tree.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Debug)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Question {
    /// What the file holds.
    Content,
    /// What is in the folder.
    Listing,
    /// What lies there.
    Type,
    /// Where the link leads.
    Link,
}

/// Answers of a tree, by what was asked of which place.
pub(crate) type Answers = BTreeMap<Question, BTreeMap<String, String>>;

const NO_ANSWER: &str = "none";

/// The answer of a tree: a hash, a word, or that there is none.
pub(crate) fn answer(tree: &MemoryTree, question: Question, at: &[u8]) -> String {
    let hash = |bytes: &[u8]| Hash::of(Algorithm::Sha256, bytes).encode(Encoding::Nix32);
    let found = match question {
        Question::Type => Ok(word(memory::file_type(tree, at)).to_owned()),
        Question::Content => memory::read(tree, at).map(|bytes| hash(&bytes)),
        Question::Link => memory::read_link(tree, at).map(|target| hash(&target)),
        Question::Listing => memory::list(tree, at).map(|entries| {
            let mut text = Vec::new();
            for (name, found) in entries {
                text.extend((name.len() as u64).to_le_bytes());
                text.extend(name);
                text.extend(word(Some(found)).as_bytes());
                text.push(0);
            }
            hash(&text)
        }),
    };
    found.unwrap_or_else(|_| NO_ANSWER.to_owned())
}

/// Whether a tree answers as it is written.
pub(crate) fn hold(answers: &Answers, tree: &MemoryTree) -> bool {
    answers.iter().all(|(&question, places)| {
        places
            .iter()
            .all(|(at, expected)| answer(tree, question, at.as_bytes()) == *expected)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is done, the tree after it, and who sees it.
    type Case = (
        &'static str,
        MemoryTree,
        &'static [(Question, &'static str)],
    );

    fn file(text: &str, executable: bool) -> MemoryTree {
        MemoryTree::File {
            contents: text.as_bytes().to_vec(),
            executable,
        }
    }

    fn tree(entries: &[(&str, MemoryTree)]) -> MemoryTree {
        let entries = entries.iter().cloned();
        MemoryTree::Directory(
            entries
                .map(|(name, node)| (name.as_bytes().to_vec(), node))
                .collect(),
        )
    }

    #[test]
    fn each_change_is_seen_by_who_asked_about_it_and_by_nobody_else() {
        use Question::{Content, Link, Listing, Type};
        let before = tree(&[
            ("file", file("text", false)),
            ("folder", tree(&[("a", file("", false))])),
        ]);
        let with = |name: &str, node: Option<MemoryTree>| {
            let MemoryTree::Directory(mut entries) = before.clone() else {
                unreachable!("a folder was made")
            };
            match node {
                Some(node) => entries.insert(name.as_bytes().to_vec(), node),
                None => entries.remove(name.as_bytes()),
            };
            MemoryTree::Directory(entries)
        };
        let asked = [
            (Content, "file"),
            (Type, "file"),
            (Link, "file"),
            (Listing, "folder"),
            (Type, "folder/b"),
            (Listing, ""),
        ];
        let cases: [Case; 6] = [
            ("nothing", before.clone(), &[]),
            (
                "a text",
                with("file", Some(file("next", false))),
                &[(Content, "file")],
            ),
            (
                "a program",
                with("file", Some(file("text", true))),
                &[(Type, "file"), (Listing, "")],
            ),
            (
                "a link",
                with("file", Some(MemoryTree::Symlink(b"folder".to_vec()))),
                &[
                    (Content, "file"),
                    (Type, "file"),
                    (Link, "file"),
                    (Listing, ""),
                ],
            ),
            (
                "one more",
                with(
                    "folder",
                    Some(tree(&[("a", file("", false)), ("b", file("", false))])),
                ),
                &[(Listing, "folder"), (Type, "folder/b")],
            ),
            (
                "one less",
                with("file", None),
                &[(Content, "file"), (Type, "file"), (Listing, "")],
            ),
        ];
        for (what, after, expected) in cases {
            let seen: Vec<(Question, &str)> = asked
                .into_iter()
                .filter(|&(question, at)| {
                    let said = answer(&before, question, at.as_bytes());
                    let answers =
                        BTreeMap::from([(question, BTreeMap::from([(at.to_owned(), said)]))]);
                    assert!(hold(&answers, &before), "{what}");
                    !hold(&answers, &after)
                })
                .collect();
            assert_eq!(seen, expected, "{what}");
        }
    }
}
