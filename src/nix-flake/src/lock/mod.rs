//! Lock files: a graph of inputs, each with the very tree it stands for (`libflake/lockfile.cc`).
//! Versions 5 to 7 are read, 7 is written, byte for byte as Nix does.

mod compute;
mod diff;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

pub use compute::{LockOptions, Locked, lock_flake};
pub use diff::diff;

use crate::error::{Error, Result};
use crate::input::{Attributes, FINAL, is_legal_flake_id};
use crate::reference::FlakeRef;

/// Names of inputs from the root of a lock file down.
pub type InputPath = Vec<String>;

/// The number of a node; the root is 0.
pub type NodeId = usize;

/// What an input leads to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Edge {
    /// A node.
    Node(NodeId),
    /// What the input at this path leads to.
    Follows(InputPath),
}

/// A source in a lock file, with its own inputs.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Node {
    /// Its inputs by name.
    pub inputs: BTreeMap<String, Edge>,
    /// What it is; the root has none.
    pub source: Option<LockedSource>,
}

/// What a node of a lock file stands for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LockedSource {
    /// The very tree.
    pub locked: FlakeRef,
    /// How `flake.nix` names it.
    pub original: FlakeRef,
    /// Whether it is a flake.
    pub is_flake: bool,
    /// The input that a relative path starts from.
    pub parent: Option<InputPath>,
}

/// A lock file.
#[derive(Clone, Debug)]
pub struct LockFile {
    /// The nodes; the root first.
    pub nodes: Vec<Node>,
}

impl Default for LockFile {
    fn default() -> Self {
        Self {
            nodes: vec![Node::default()],
        }
    }
}

/// The root of every lock file.
pub const ROOT: NodeId = 0;

/// Reads the names in a path of inputs, with slashes between them.
///
/// # Errors
/// Where a name is none.
pub fn parse_input_path(text: &str) -> Result<InputPath> {
    let names = text.split('/').filter(|name| !name.is_empty());
    names
        .map(|name| {
            if is_legal_flake_id(name) {
                Ok(name.to_owned())
            } else {
                Err(Error::rule(format!(
                    "invalid flake input attribute path element '{name}'"
                )))
            }
        })
        .collect()
}

fn texts(value: &Value) -> Option<InputPath> {
    let items = value.as_array()?.iter();
    items.map(|item| item.as_str().map(str::to_owned)).collect()
}

fn source(node: &Value) -> Result<LockedSource> {
    let part = |name: &str| -> Result<Attributes> {
        let value = node.get(name);
        let missing = || Error::rule(format!("attribute '{name}' missing in lock file"));
        Attributes::from_value(value.ok_or_else(missing)?)
    };
    let mut locked = part("locked")?;
    // Version 5 kept what is known of the tree apart.
    if let Some(info) = node.get("info") {
        locked.0.extend(Attributes::from_value(info)?.0);
    }
    let mut locked = FlakeRef::from_attributes(&locked)?;
    let can_be_checked = locked.input.is_locked()
        || locked.input.relative_path().is_some()
        || locked.input.nar_hash()?.is_some();
    if !can_be_checked {
        return Err(Error::rule(format!(
            "Lock file contains unlocked input '{}'. Use '--allow-dirty-locks' to accept this lock \
             file.",
            locked.input.attributes.to_json()
        )));
    }
    locked.input.attributes.set_truth(FINAL, true);
    Ok(LockedSource {
        locked,
        original: FlakeRef::from_attributes(&part("original")?)?,
        is_flake: node.get("flake").and_then(Value::as_bool).unwrap_or(true),
        parent: node.get("parent").and_then(texts),
    })
}

/// Reading: nodes by key, as far as they have been met.
struct Reader<'a> {
    nodes: &'a Map<String, Value>,
    known: BTreeMap<String, NodeId>,
    file: LockFile,
    /// Inputs of inputs being read.
    depth: u32,
}

/// How deep inputs of inputs may go: what reads and writes them calls itself for each.
const MAX_DEPTH: u32 = 1000;

impl Reader<'_> {
    fn inputs(&mut self, id: NodeId, node: &Value) -> Result<()> {
        let wrong = || Error::rule("lock file has an input that is neither a name nor a path");
        let Some(inputs) = node.get("inputs") else {
            return Ok(());
        };
        for (name, edge) in inputs.as_object().ok_or_else(wrong)? {
            let edge = if edge.is_array() {
                Edge::Follows(texts(edge).ok_or_else(wrong)?)
            } else {
                Edge::Node(self.node(edge.as_str().ok_or_else(wrong)?)?)
            };
            self.file.nodes[id].inputs.insert(name.clone(), edge);
        }
        Ok(())
    }

    fn node(&mut self, key: &str) -> Result<NodeId> {
        if let Some(&id) = self.known.get(key) {
            return if id == ROOT {
                Err(Error::rule("lock file contains cycle to root node"))
            } else {
                Ok(id)
            };
        }
        let Some(node) = self.nodes.get(key) else {
            return Err(Error::rule(format!(
                "lock file references missing node '{key}'"
            )));
        };
        let id = self.file.add(source(node)?);
        self.known.insert(key.to_owned(), id);
        if self.depth == MAX_DEPTH {
            return Err(Error::rule(format!(
                "lock file has inputs of inputs more than {MAX_DEPTH} deep"
            )));
        }
        self.depth += 1;
        self.inputs(id, node)?;
        self.depth -= 1;
        Ok(id)
    }
}

impl LockFile {
    /// Reads a lock file; `path` is for messages.
    ///
    /// # Errors
    /// Where it is none, or of a version that is not known.
    pub fn parse(text: &str, path: &str) -> Result<Self> {
        let document: Value = serde_json::from_str(text)
            .map_err(|error| Error::rule(format!("Could not parse '{path}': {error}")))?;
        let version = document.get("version").and_then(Value::as_i64).unwrap_or(0);
        if !(5..=7).contains(&version) {
            return Err(Error::rule(format!(
                "lock file '{path}' has unsupported version {version}"
            )));
        }
        let root = document.get("root").and_then(Value::as_str);
        let nodes = document.get("nodes").and_then(Value::as_object);
        let (Some(root), Some(nodes)) = (root, nodes) else {
            return Err(Error::rule(format!(
                "lock file '{path}' lacks its nodes or their root"
            )));
        };
        let mut reader = Reader {
            nodes,
            known: BTreeMap::from([(root.to_owned(), ROOT)]),
            file: Self::default(),
            depth: 0,
        };
        if let Some(node) = nodes.get(root) {
            reader.inputs(ROOT, node)?;
        }
        Ok(reader.file)
    }

    /// Adds a node.
    pub(crate) fn add(&mut self, source: LockedSource) -> NodeId {
        self.nodes.push(Node {
            inputs: BTreeMap::new(),
            source: Some(source),
        });
        self.nodes.len() - 1
    }

    /// The file as JSON, and the key of each node there.
    #[must_use]
    pub fn to_value(&self) -> (Value, BTreeMap<NodeId, String>) {
        let mut writer = Writer {
            file: self,
            keys: BTreeMap::new(),
            taken: BTreeSet::new(),
            nodes: BTreeMap::new(),
        };
        let root = writer.node("root", ROOT);
        let nodes: Map<String, Value> = writer.nodes.into_iter().collect();
        let value = json!({ "nodes": nodes, "root": root, "version": 7 });
        (value, writer.keys)
    }

    /// The file's text, without the newline at its end, and the key of each node there.
    #[must_use]
    pub fn to_text(&self) -> (String, BTreeMap<NodeId, String>) {
        let (value, keys) = self.to_value();
        (format!("{value:#}"), keys)
    }

    /// Whether two files say the same.
    #[must_use]
    pub fn equals(&self, other: &Self) -> bool {
        self.to_value().0 == other.to_value().0
    }

    /// The node at a path of inputs.
    ///
    /// # Errors
    /// Where inputs follow each other in a circle.
    pub fn find(&self, path: &[String]) -> Result<Option<NodeId>> {
        self.find_from(path, &mut Vec::new())
    }

    fn find_from(&self, path: &[String], seen: &mut Vec<InputPath>) -> Result<Option<NodeId>> {
        if let Some(start) = seen.iter().position(|known| known == path) {
            let mut circle: Vec<String> = seen[start..].iter().map(|path| path.join("/")).collect();
            circle.push(path.join("/"));
            return Err(Error::rule(format!(
                "follow cycle detected: [{}]",
                circle.join(" -> ")
            )));
        }
        seen.push(path.to_vec());
        let mut at = ROOT;
        for name in path {
            match self.nodes[at].inputs.get(name) {
                None => return Ok(None),
                Some(Edge::Node(id)) => at = *id,
                Some(Edge::Follows(target)) => match self.find_from(target, seen)? {
                    Some(id) => at = id,
                    None => return Ok(None),
                },
            }
        }
        Ok(Some(at))
    }

    /// All inputs by path, each node's own only where it is met first.
    #[must_use]
    pub fn all_inputs(&self) -> BTreeMap<InputPath, Edge> {
        let mut found = BTreeMap::new();
        self.collect(ROOT, &Vec::new(), &mut BTreeSet::new(), &mut found);
        found
    }

    fn collect(
        &self,
        id: NodeId,
        prefix: &InputPath,
        done: &mut BTreeSet<NodeId>,
        found: &mut BTreeMap<InputPath, Edge>,
    ) {
        if !done.insert(id) {
            return;
        }
        for (name, edge) in &self.nodes[id].inputs {
            let mut path = prefix.clone();
            path.push(name.clone());
            found.insert(path.clone(), edge.clone());
            if let Edge::Node(child) = edge {
                self.collect(*child, &path, done, found);
            }
        }
    }

    /// Makes sure that what inputs follow is there.
    pub(crate) fn check(&self) -> Result<()> {
        for (path, edge) in self.all_inputs() {
            if let Edge::Follows(target) = edge
                && !target.is_empty()
                && self.find(&target)?.is_none()
            {
                return Err(Error::rule(format!(
                    "input '{}' follows a non-existent input '{}'",
                    path.join("/"),
                    target.join("/")
                )));
            }
        }
        Ok(())
    }

    /// The first node whose tree could change without the lock file noticing.
    #[must_use]
    pub fn unlocked(&self) -> Option<&FlakeRef> {
        let sources = self.nodes.iter().filter_map(|node| node.source.as_ref());
        let inputs = sources.map(|source| &source.locked);
        inputs.into_iter().find(|reference| {
            let input = &reference.input;
            (!input.is_locked() || !input.is_final()) && input.relative_path().is_none()
        })
    }
}

struct Writer<'a> {
    file: &'a LockFile,
    keys: BTreeMap<NodeId, String>,
    taken: BTreeSet<String>,
    nodes: BTreeMap<String, Value>,
}

impl Writer<'_> {
    fn node(&mut self, name: &str, id: NodeId) -> String {
        if let Some(key) = self.keys.get(&id) {
            return key.clone();
        }
        let mut key = name.to_owned();
        let mut number = 2;
        while !self.taken.insert(key.clone()) {
            key = format!("{name}_{number}");
            number += 1;
        }
        self.keys.insert(id, key.clone());
        let node = &self.file.nodes[id];
        let mut inputs = Map::new();
        for (name, edge) in &node.inputs {
            let value = match edge {
                Edge::Node(child) => Value::from(self.node(name, *child)),
                Edge::Follows(path) => json!(path),
            };
            inputs.insert(name.clone(), value);
        }
        // Names in order: the map keeps the order in which they are put in.
        let mut out = Map::new();
        if node.source.as_ref().is_some_and(|source| !source.is_flake) {
            out.insert("flake".to_owned(), Value::from(false));
        }
        if !inputs.is_empty() {
            out.insert("inputs".to_owned(), Value::Object(inputs));
        }
        if let Some(source) = &node.source {
            let mut locked = source.locked.to_attributes();
            locked.remove(FINAL);
            out.insert("locked".to_owned(), locked.to_value());
            out.insert(
                "original".to_owned(),
                source.original.to_attributes().to_value(),
            );
            if let Some(parent) = &source.parent {
                out.insert("parent".to_owned(), json!(parent));
            }
        }
        self.nodes.insert(key.clone(), Value::Object(out));
        key
    }
}
