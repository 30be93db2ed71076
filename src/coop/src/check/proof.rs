//! A record of a check, for people to keep: what was evaluated, from what, and what came of it. It can
//! be held against the fleet later, without evaluating.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::LazyLock;

use nix_store::nar::MemoryTree;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

use super::evaluation::{Record, Target};

/// The form of the file; another one is refused.
const VERSION: u32 = 1;

/// The JSON Schema of a saved record.
pub static PROOF_SCHEMA: LazyLock<Json> = LazyLock::new(|| schemars::schema_for!(Proof).to_value());

/// What was evaluated, and from what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// The form of this file: 1.
    pub version: u32,
    /// When it was written, RFC 3339, in UTC.
    pub date: String,
    /// What was evaluated.
    pub sources: Sources,
    /// What came of each host, by name.
    pub hosts: BTreeMap<String, Outcome>,
    /// What came of each VM test, by system and name (`x86_64-linux/socialmedia`).
    pub tests: BTreeMap<String, Outcome>,
}

/// What evaluation was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sources {
    /// The version of coop.
    pub coop: String,
    /// nixpkgs.
    pub nixpkgs: Packages,
    /// SHA-256 in hexadecimal of each file of the flake, as it would be generated, by path. A program
    /// has `+x` after it; of a link it is that of `link to` and where it points.
    pub files: BTreeMap<String, String>,
}

/// Which nixpkgs it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Packages {
    /// A folder, a reference, or the pinned revision.
    pub from: String,
    /// The hash of all of its files, as SRI.
    pub nar_hash: Option<String>,
    /// Its Git revision, where that is known.
    pub revision: Option<String>,
}

/// What came of a host or test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// The path of its derivation; none where evaluation failed.
    pub derivation: Option<String>,
    /// Why it failed.
    pub failure: Option<String>,
    /// What NixOS warns about.
    pub warnings: Vec<String>,
}

/// Why a text is no saved record.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// It is not of its form.
    #[error("it is no record of a check: {0}")]
    Form(#[from] serde_json::Error),
    /// It is of a form that this coop does not know.
    #[error("it is a record of form {0}, and this coop reads form {VERSION}")]
    Version(u32),
}

impl Proof {
    /// Puts a record together.
    #[must_use]
    pub fn new(sources: Sources, records: &[Record], date: String) -> Self {
        let mut hosts = BTreeMap::new();
        let mut tests = BTreeMap::new();
        for record in records {
            let outcome = Outcome {
                derivation: record.outcome.as_ref().ok().cloned(),
                failure: record.outcome.as_ref().err().map(|it| it.message.clone()),
                warnings: record.warnings.clone(),
            };
            match &record.target {
                Target::Host(name) => hosts.insert(name.clone(), outcome),
                Target::Test { system, name } => tests.insert(format!("{system}/{name}"), outcome),
            };
        }
        Self {
            version: VERSION,
            date,
            sources,
            hosts,
            tests,
        }
    }

    /// Reads one.
    ///
    /// # Errors
    /// Where the text is none.
    pub fn parse(text: &str) -> Result<Self, ProofError> {
        #[derive(Deserialize)]
        struct Head {
            version: u32,
        }
        let head: Head = serde_json::from_str(text)?;
        if head.version != VERSION {
            return Err(ProofError::Version(head.version));
        }
        Ok(serde_json::from_str(text)?)
    }

    /// The record for people.
    #[must_use]
    pub fn show(&self) -> String {
        let mut text = String::new();
        let packages = &self.sources.nixpkgs;
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "checked on {} by coop {}",
            self.date, self.sources.coop
        );
        let _ = writeln!(text, "  nixpkgs from {}", packages.from);
        if let Some(revision) = &packages.revision {
            let _ = writeln!(text, "          revision {revision}");
        }
        if let Some(hash) = &packages.nar_hash {
            let _ = writeln!(text, "          {hash}");
        }
        let _ = writeln!(text, "  files of the flake: {}", self.sources.files.len());
        for (kind, outcomes) in [("host", &self.hosts), ("test", &self.tests)] {
            for (name, outcome) in outcomes {
                let came = outcome.derivation.as_deref().unwrap_or("FAILED");
                let _ = writeln!(text, "  {kind} {name}: {came}");
                for line in outcome.failure.iter().flat_map(|it| it.lines().take(1)) {
                    let _ = writeln!(text, "      {line}");
                }
                for warning in &outcome.warnings {
                    let first = warning.lines().next().unwrap_or_default();
                    let _ = writeln!(text, "      warning: {first}");
                }
            }
        }
        text
    }
}

impl Sources {
    /// What is different now, a line each; nothing where a check would be made from the same.
    #[must_use]
    pub fn differences(&self, now: &Self) -> Vec<String> {
        let mut found = Vec::new();
        if self.coop != now.coop {
            found.push(format!("coop is {} now, was {}", now.coop, self.coop));
        }
        let (then, packages) = (&self.nixpkgs, &now.nixpkgs);
        if then.nar_hash.is_none() || then.nar_hash != packages.nar_hash {
            found.push(format!(
                "nixpkgs is another one: from {} now, was from {}",
                packages.from, then.from
            ));
        }
        let paths: BTreeSet<&String> = self.files.keys().chain(now.files.keys()).collect();
        for path in paths {
            match (self.files.get(path), now.files.get(path)) {
                (Some(_), None) => found.push(format!("{path} is gone")),
                (None, Some(_)) => found.push(format!("{path} is new")),
                (Some(then), Some(now)) if then != now => found.push(format!("{path} differs")),
                _ => {}
            }
        }
        found
    }
}

/// The hashes of all files of a tree, by path.
pub(super) fn hashes(tree: &MemoryTree) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    collect(tree, &mut String::new(), &mut found);
    found
}

fn collect(tree: &MemoryTree, at: &mut String, found: &mut BTreeMap<String, String>) {
    let hash = |bytes: &[u8]| {
        Sha256::digest(bytes)
            .iter()
            .fold(String::new(), |mut text, byte| {
                let _ = write!(text, "{byte:02x}");
                text
            })
    };
    match tree {
        MemoryTree::File {
            contents,
            executable,
        } => {
            let mark = if *executable { "+x" } else { "" };
            found.insert(at.clone(), hash(contents) + mark);
        }
        MemoryTree::Symlink(target) => {
            let text = [b"link to ", target.as_slice()].concat();
            found.insert(at.clone(), hash(&text));
        }
        MemoryTree::Directory(entries) => {
            for (name, entry) in entries {
                let length = at.len();
                if !at.is_empty() {
                    at.push('/');
                }
                // Bytes that are no UTF-8 are written as such, so that no two names become one.
                at.push_str(&name.escape_ascii().to_string());
                collect(entry, at, found);
                at.truncate(length);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Failed;

    fn file(text: &str, executable: bool) -> MemoryTree {
        MemoryTree::File {
            contents: text.as_bytes().to_vec(),
            executable,
        }
    }

    fn sources(nodes: &[(&str, MemoryTree)]) -> Sources {
        let entries = nodes.iter().cloned();
        let entries = entries.map(|(name, node)| (name.as_bytes().to_vec(), node));
        Sources {
            coop: "1".to_owned(),
            nixpkgs: Packages {
                from: "/srv/nixpkgs".to_owned(),
                nar_hash: Some("sha256-a".to_owned()),
                revision: None,
            },
            files: hashes(&MemoryTree::Directory(entries.collect())),
        }
    }

    #[test]
    fn every_difference_is_named() {
        let then = sources(&[
            ("a", file("a", false)),
            ("b", file("b", false)),
            ("c", file("link to x", false)),
            ("d", file("", false)),
        ]);
        assert!(then.differences(&then).is_empty());
        let mut now = sources(&[
            ("a", file("a", true)),
            ("c", file("other", false)),
            (
                "d",
                MemoryTree::Directory([(b"e".to_vec(), file("", false))].into()),
            ),
        ]);
        now.coop = "2".to_owned();
        now.nixpkgs.nar_hash = Some("sha256-b".to_owned());
        assert_eq!(
            then.differences(&now),
            [
                "coop is 2 now, was 1",
                "nixpkgs is another one: from /srv/nixpkgs now, was from /srv/nixpkgs",
                "a differs",
                "b is gone",
                "c differs",
                "d is gone",
                "d/e is new",
            ]
        );
    }

    #[test]
    fn a_record_is_read_as_it_was_written_and_is_of_its_schema() {
        let target = |name: &str| Target::Host(name.to_owned());
        let failed = Failed {
            message: "no\nmore".to_owned(),
            report: String::new(),
        };
        let records = [
            (target("one"), Ok("/x.drv".to_owned())),
            (target("two"), Err(failed)),
        ];
        let records = records.map(|(target, outcome)| Record {
            target,
            outcome,
            warnings: vec!["beware\nof it".to_owned()],
            recorded: None,
        });
        let date = "2026-10-02T10:00:00Z".to_owned();
        let proof = Proof::new(sources(&[("a", file("a", false))]), &records, date);
        let text = serde_json::to_string(&proof).unwrap();
        assert_eq!(Proof::parse(&text).unwrap(), proof);
        let validator = jsonschema::validator_for(&PROOF_SCHEMA).unwrap();
        assert!(validator.is_valid(&serde_json::from_str(&text).unwrap()));
        insta::assert_snapshot!(proof.show(), @r"
        checked on 2026-10-02T10:00:00Z by coop 1
          nixpkgs from /srv/nixpkgs
                  sha256-a
          files of the flake: 1
          host one: /x.drv
              warning: beware
          host two: FAILED
              no
              warning: beware
        ");
        assert!(Proof::parse("{}").is_err());
        let other = text.replace("\"version\":1", "\"version\":2");
        assert!(matches!(Proof::parse(&other), Err(ProofError::Version(2))));
    }
}
