//! Source trees and flakes as values: `fetchTree`, `fetchGit`, `getFlake`, `parseFlakeRef`,
//! `flakeRefToString`. Fetching and locking is the outside world's business; what goes in and comes
//! out is the language's (`primops/fetchTree.cc`, `flake-primops.cc`, `emitTreeAttrs`).

use nix_store::hash::{Algorithm, Encoding, Hash};

use super::Table;
use crate::date;
use crate::eval::{Coercion, Evaluator, R, Settings, StoreContent};
use crate::heap::{AttrsBuilder, ContextId, Kind, Value};
use crate::position::{Origin, Position};
use crate::stand_in::has_stand_in;
use crate::symbol::{Symbol, known};
use crate::world::{InputAttribute, InputAttributes, LockedFlake, Tree, TreeRequest, TreeSource};

pub(super) const TABLE: Table = &[
    ("fetchGit", 1, |e, a| fetch_tree(e, a, FETCH_GIT)),
    ("__getFlake", 1, get_flake),
    ("__parseFlakeRef", 1, parse_flake_ref),
    ("__flakeRefToString", 1, flake_ref_to_string),
];

const FETCH_GIT: &str = "fetchGit";
const FETCH_TREE: &str = "fetchTree";
/// The builtin that only the program which calls flakes can reach.
pub(super) const FETCH_FINAL_TREE: &str = "fetchFinalTree";
/// The builtin that gives what changes with every byte of a tree whose path is hidden.
pub(super) const REVEAL: &str = "reveal";
/// Digits of a revision that `shortRev` keeps.
const SHORT_REVISION: usize = 7;
/// What stands for the revision of changed files.
pub(super) const NULL_REVISION: &str = "0000000000000000000000000000000000000000";

/// The builtins that experimental features switch on.
pub(super) fn experimental(settings: &Settings) -> Vec<Table> {
    const TABLE: Table = &[(FETCH_TREE, 1, |e, a| fetch_tree(e, a, FETCH_TREE))];
    if settings.flakes || settings.fetch_tree {
        vec![TABLE]
    } else {
        Vec::new()
    }
}

/// The builtin that fetches what a lock file names.
pub(super) fn fetch_final_tree(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    fetch_tree(evaluator, args, FETCH_FINAL_TREE)
}

fn need_flakes(evaluator: &mut Evaluator) -> R<()> {
    if evaluator.settings.flakes {
        Ok(())
    } else {
        evaluator.fail(super::feature_is_disabled("flakes"))
    }
}

fn text_argument(evaluator: &mut Evaluator, value: Value, context: &str) -> R<String> {
    let text = evaluator.force_string_no_context(value, context)?;
    let text = evaluator.heap.string(text);
    evaluator.stand_in.read(text);
    Ok(String::from_utf8_lossy(text).into_owned())
}

fn parse_flake_ref(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    need_flakes(evaluator)?;
    let context = "while evaluating the argument passed to builtins.parseFlakeRef";
    let text = text_argument(evaluator, args[0], context)?;
    let attributes = match evaluator.world.parse_flake_ref(&text) {
        Ok(attributes) => attributes,
        Err(message) => return evaluator.fail(message),
    };
    let mut builder = AttrsBuilder::with_capacity(attributes.len());
    for (name, attribute) in &attributes {
        let value = match attribute {
            InputAttribute::Text(text) => {
                evaluator.heap.new_string(text.as_bytes(), ContextId::EMPTY)
            }
            InputAttribute::Number(number) => evaluator.heap.new_int(*number as i64),
            InputAttribute::Truth(truth) => Value::bool(*truth),
        };
        let name = evaluator.symbols.intern(name.as_bytes());
        builder.push(name, value, Position::NONE);
    }
    Ok(builder.finish(&mut evaluator.heap))
}

/// The attributes of a set in order of their names' numbers, as Nix goes through them.
pub(super) fn entries(evaluator: &mut Evaluator, set: Value) -> Vec<(Symbol, Value)> {
    let (flat, shape) = evaluator.heap.flat(set);
    evaluator
        .symbol_order(shape)
        .into_iter()
        .map(|index| {
            let name = evaluator.heap.shape_name(shape, index);
            (name, evaluator.heap.attr_at(flat, index))
        })
        .collect()
}

fn flake_ref_to_string(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    need_flakes(evaluator)?;
    let context = "while evaluating the argument passed to builtins.flakeRefToString";
    let set = evaluator.force_attrs(args[0], context)?;
    let mut attributes = InputAttributes::new();
    for (symbol, value) in entries(evaluator, set) {
        let name = evaluator.name(symbol);
        let value = evaluator.force(value)?;
        let attribute = match evaluator.heap.kind(value) {
            Kind::Int => {
                let number = evaluator.heap.int(value);
                let Ok(number) = u64::try_from(number) else {
                    return evaluator.fail(format!(
                        "negative value given for flake ref attr {name}: {number}"
                    ));
                };
                InputAttribute::Number(number)
            }
            Kind::Bool => InputAttribute::Truth(value == Value::TRUE),
            Kind::String => {
                let text = evaluator.heap.string(value);
                evaluator.stand_in.read(text);
                InputAttribute::Text(String::from_utf8_lossy(text).into_owned())
            }
            _ => {
                let found = evaluator.describe(value);
                return evaluator.fail(format!(
                    "flake reference attribute sets may only contain integers, Booleans, and \
                     strings, but attribute '{name}' is {found}"
                ));
            }
        };
        attributes.insert(name, attribute);
    }
    match evaluator.world.show_flake_ref(&attributes) {
        Ok(text) => Ok(evaluator.heap.new_string(text.as_bytes(), ContextId::EMPTY)),
        Err(message) => evaluator.fail(message),
    }
}

fn fetch_tree(evaluator: &mut Evaluator, args: &[Value], builtin: &'static str) -> R<Value> {
    let is_final = builtin == FETCH_FINAL_TREE;
    let shown = if builtin == FETCH_GIT {
        FETCH_GIT
    } else {
        FETCH_TREE
    };
    let value = evaluator.force(args[0])?;
    let source = if value.is_attrs() {
        TreeSource::Attributes(tree_attributes(evaluator, value, shown, is_final)?)
    } else {
        let context = format!("while evaluating the first argument passed to '{shown}'");
        let (url, _) = evaluator.coerce_to_string(value, Coercion::PLAIN, &context)?;
        evaluator.stand_in.read(&url);
        let url = String::from_utf8_lossy(&url).into_owned();
        if builtin == FETCH_GIT {
            let mut attributes = InputAttributes::new();
            attributes.insert("type".to_owned(), InputAttribute::Text("git".to_owned()));
            attributes.insert("url".to_owned(), InputAttribute::Text(url));
            attributes.insert("exportIgnore".to_owned(), InputAttribute::Truth(true));
            TreeSource::Attributes(attributes)
        } else if evaluator.settings.flakes {
            TreeSource::Url(url)
        } else {
            return evaluator.fail(format!(
                "passing a string argument to '{shown}' requires the 'flakes' experimental feature"
            ));
        }
    };
    let request = TreeRequest {
        source,
        builtin: shown,
        pure: evaluator.settings.pure,
        flakes: evaluator.settings.flakes,
        is_final,
    };
    evaluator.be_seen()?;
    let tree = match evaluator.world.fetch_tree(&request) {
        Ok(tree) => tree,
        Err(message) => return evaluator.fail(message),
    };
    evaluator.tree_value(&tree, builtin == FETCH_GIT, false)
}

fn tree_attributes(
    evaluator: &mut Evaluator,
    set: Value,
    shown: &'static str,
    is_final: bool,
) -> R<InputAttributes> {
    let mut attributes = InputAttributes::new();
    let type_name = evaluator.symbols.intern(b"type");
    let kind = match (evaluator.heap.attr(set, type_name), shown) {
        (Some(_), FETCH_GIT) => return evaluator.fail("unexpected argument 'type'"),
        (None, FETCH_GIT) => "git".to_owned(),
        (None, _) => {
            return evaluator.fail(format!("argument 'type' is missing in call to '{shown}'"));
        }
        (Some(kind), _) => {
            let context = format!("while evaluating the `type` argument passed to '{shown}'");
            text_argument(evaluator, kind, &context)?
        }
    };
    for (symbol, value) in entries(evaluator, set) {
        if symbol == type_name {
            continue;
        }
        let name = evaluator.name(symbol);
        let value = evaluator.force(value)?;
        let attribute = match evaluator.heap.kind(value) {
            Kind::String | Kind::Path => {
                let (text, _) = evaluator.coerce_to_string(value, Coercion::PLAIN, "")?;
                evaluator.stand_in.read(&text);
                InputAttribute::Text(String::from_utf8_lossy(&text).into_owned())
            }
            Kind::Bool => InputAttribute::Truth(value == Value::TRUE),
            Kind::Int => {
                let number = evaluator.heap.int(value);
                let Ok(number) = u64::try_from(number) else {
                    return evaluator.fail(format!(
                        "negative value given for '{shown}' argument '{name}': {number}"
                    ));
                };
                InputAttribute::Number(number)
            }
            _ => {
                let found = evaluator.describe(value);
                return evaluator.type_error(format!(
                    "argument '{name}' to '{shown}' is {found} while a string, Boolean or integer \
                     is expected"
                ));
            }
        };
        attributes.insert(name, attribute);
    }
    let is_git = kind == "git";
    attributes.insert("type".to_owned(), InputAttribute::Text(kind));
    if shown == FETCH_GIT {
        let with_submodules = attributes.get("submodules") == Some(&InputAttribute::Truth(true));
        if !with_submodules {
            attributes
                .entry("exportIgnore".to_owned())
                .or_insert(InputAttribute::Truth(true));
        }
    } else {
        if is_git {
            attributes
                .entry("shallow".to_owned())
                .or_insert(InputAttribute::Truth(true));
        }
        if attributes.contains_key("name") && !is_final {
            return evaluator.fail(format!(
                "argument 'name' isn’t supported in call to '{shown}'"
            ));
        }
    }
    Ok(attributes)
}

fn get_flake(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    need_flakes(evaluator)?;
    let context = "while evaluating the argument passed to builtins.getFlake";
    let reference = text_argument(evaluator, args[0], context)?;
    let pure = evaluator.settings.pure;
    evaluator.be_seen()?;
    match evaluator.world.lock_flake(&reference, pure) {
        Ok(locked) => evaluator.call_flake(&locked),
        Err(message) => evaluator.fail(message),
    }
}

impl Evaluator {
    /// The value of a flake: its outputs, with what is known of its source.
    ///
    /// # Errors
    /// What evaluating its `outputs` raises.
    pub fn call_flake(&mut self, locked: &LockedFlake) -> R<Value> {
        self.make_written_pages();
        let mut trees = AttrsBuilder::with_capacity(locked.trees.len());
        for (node, tree, folder) in &locked.trees {
            let is_dirty = locked.dirty_node.as_ref() == Some(node);
            let source = if locked.hidden_node.as_ref() == Some(node) {
                let shown = self.hide(tree);
                let source = self.tree_value(&shown, false, is_dirty)?;
                self.veil(source)
            } else {
                self.tree_value(tree, false, is_dirty)?
            };
            let folder = self.heap.new_string(folder.as_bytes(), ContextId::EMPTY);
            let (source_name, folder_name) = (
                self.symbols.intern(b"sourceInfo"),
                self.symbols.intern(b"dir"),
            );
            let entry = self.make_attrs(&[(source_name, source), (folder_name, folder)]);
            let node = self.symbols.intern(node.as_bytes());
            trees.push(node, entry, Position::NONE);
        }
        let trees = trees.finish(&mut self.heap);
        let lock = self
            .heap
            .new_string(locked.lock.as_bytes(), ContextId::EMPTY);
        let fetch = self.internal_builtin(FETCH_FINAL_TREE);
        let origin = Origin::Internal("call-flake.nix");
        let code = self.parse_source(&locked.program.into(), origin, b"/", &[])?;
        let program = self.eval(code, 0)?;
        let make = self.flake_function()?;
        self.call(program, &[lock, trees, fetch, make], Position::NONE)
    }

    /// The function that makes a flake without inputs.
    pub(crate) fn flake_function(&mut self) -> R<Value> {
        if let Some(function) = self.shared_flakes() {
            return Ok(function);
        }
        let origin = Origin::Internal("flake.nix");
        let text = include_bytes!("flake.nix").as_slice();
        let code = self.parse_source(&text.into(), origin, b"/", &[])?;
        let function = self.eval(code, 0)?;
        self.share_flakes(function);
        Ok(function)
    }

    /// The attributes of a tree whose path is hidden: all others may be seen no less.
    fn veil(&mut self, source: Value) -> Value {
        let reveal = self.internal_builtin(REVEAL);
        let (source, shape) = self.heap.flat(source);
        for index in 0..self.heap.shape_length(shape) {
            if self.heap.shape_name(shape, index) != known::OUT_PATH {
                let value = self.heap.attr_at(source, index);
                let veiled = self.heap.new_apply(reveal, value);
                self.heap.set_attr(source, index, veiled);
            }
        }
        source
    }

    /// The path of a tree, its files being readable from here on.
    pub(super) fn tree_path(&mut self, tree: &Tree) -> R<Value> {
        let dir = self.store_dir()?;
        let shown = dir.print(&tree.store_path);
        if let Some(content) = &tree.content {
            self.mount_content(tree.store_path.clone(), content.clone());
            match content {
                StoreContent::Tree(real, Some(_)) => {
                    self.note_work_tree(tree.store_path.clone(), real.clone());
                }
                StoreContent::Tree(real, None)
                    if !has_stand_in(tree.store_path.base_name().as_bytes()) =>
                {
                    self.note_mount(&tree.store_path, real);
                }
                StoreContent::Tree(..) | StoreContent::Text(_) => {}
            }
        }
        self.allow(&shown);
        Ok(self.store_path_value(&shown))
    }

    /// A tree as a set.
    fn tree_value(&mut self, tree: &Tree, empty_revision: bool, is_dirty: bool) -> R<Value> {
        let out_path = self.tree_path(tree)?;
        let mut attrs: Vec<(&str, Value)> = vec![("outPath", out_path)];
        let text_of = |name: &str| match tree.attributes.get(name) {
            Some(InputAttribute::Text(text)) => Some(text.as_str()),
            _ => None,
        };
        let number_of = |name: &str| match tree.attributes.get(name) {
            Some(InputAttribute::Number(number)) => Some(*number),
            _ => None,
        };
        let mut string = |text: &str| self.heap.new_string(text.as_bytes(), ContextId::EMPTY);
        if let Some(hash) = text_of("narHash") {
            attrs.push(("narHash", string(hash)));
        }
        let mut revision = text_of("rev").map(|rev| {
            Hash::parse_any(rev.as_bytes(), Some(Algorithm::Sha1))
                .map_or_else(|_| rev.to_owned(), |hash| hash.encode(Encoding::Base16))
        });
        let mut count = number_of("revCount");
        if empty_revision {
            revision.get_or_insert_with(|| NULL_REVISION.to_owned());
            count.get_or_insert(0);
        }
        if let Some(revision) = revision.filter(|_| !is_dirty) {
            let short = revision.get(..SHORT_REVISION).unwrap_or(&revision);
            attrs.push(("shortRev", string(short)));
            attrs.push(("rev", string(&revision)));
        }
        for name in ["dirtyRev", "dirtyShortRev"] {
            if let Some(text) = text_of(name) {
                attrs.push((name, string(text)));
            }
        }
        if let Some(seconds) = number_of("lastModified") {
            attrs.push(("lastModifiedDate", string(&date::compact(seconds))));
            attrs.push(("lastModified", self.heap.new_int(seconds as i64)));
        }
        if let Some(count) = count.filter(|_| !is_dirty) {
            attrs.push(("revCount", self.heap.new_int(count as i64)));
        }
        if text_of("type") == Some("git") {
            let submodules =
                tree.attributes.get("submodules") == Some(&InputAttribute::Truth(true));
            attrs.push(("submodules", Value::bool(submodules)));
        }
        let attrs: Vec<(Symbol, Value)> = attrs
            .into_iter()
            .map(|(name, value)| (self.symbols.intern(name.as_bytes()), value))
            .collect();
        Ok(self.make_attrs(&attrs))
    }
}
