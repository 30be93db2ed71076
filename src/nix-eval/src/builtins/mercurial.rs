//! `fetchMercurial` (`primops/fetchMercurial.cc`). Fetching is the outside world's business.

use super::Table;
use super::trees::{NULL_REVISION, entries};
use crate::eval::{Coercion, Evaluator, R};
use crate::heap::{ContextId, Value};
use crate::symbol::known;
use crate::world::{InputAttribute, InputAttributes, Tree, TreeRequest, TreeSource};

pub(super) const TABLE: Table = &[(BUILTIN, 1, fetch_mercurial)];

const BUILTIN: &str = "fetchMercurial";
/// Digits of a revision, and how many of them `shortRev` keeps.
const REVISION: usize = 40;
const SHORT_REVISION: usize = 12;

fn fetch_mercurial(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let value = evaluator.force(args[0])?;
    let mut attributes = InputAttributes::new();
    let mut set = |name: &str, text: String| {
        attributes.insert(name.to_owned(), InputAttribute::Text(text));
    };
    set("type", "hg".to_owned());
    set("name", "source".to_owned());
    let mut url = String::new();
    let mut has_revision = false;
    if value.is_attrs() {
        for (symbol, value) in entries(evaluator, value) {
            let name = evaluator.name(symbol);
            let context =
                format!("while evaluating the `{name}` attribute passed to builtins.{BUILTIN}");
            match name.as_str() {
                "url" => url = location(evaluator, value, &context)?,
                "name" => set("name", plain(evaluator, value, &context)?),
                // A revision, a branch or a tag.
                "rev" => {
                    let text = plain(evaluator, value, &context)?;
                    let is_digit = |byte: u8| byte.is_ascii_hexdigit();
                    has_revision = text.len() == REVISION && text.bytes().all(is_digit);
                    set(if has_revision { "rev" } else { "ref" }, text);
                }
                _ => {
                    return evaluator.fail(format!("unsupported argument '{name}' to '{BUILTIN}'"));
                }
            }
        }
        if url.is_empty() {
            return evaluator.fail("'url' argument required");
        }
    } else {
        let context = format!("while evaluating the first argument passed to builtins.{BUILTIN}");
        url = location(evaluator, value, &context)?;
    }
    if evaluator.settings.pure && !has_revision {
        return evaluator.fail(format!(
            "in pure evaluation mode, '{BUILTIN}' requires a Mercurial revision"
        ));
    }
    if !url.contains("://") {
        url.insert_str(0, "file://");
    }
    set("url", url);
    let request = TreeRequest {
        source: TreeSource::Attributes(attributes),
        builtin: BUILTIN,
        // What may be fetched was just decided.
        pure: false,
        flakes: false,
        is_final: false,
    };
    evaluator.be_seen()?;
    match evaluator.world.fetch_tree(&request) {
        Ok(tree) => tree_value(evaluator, &tree),
        Err(message) => evaluator.fail(message),
    }
}

fn location(evaluator: &mut Evaluator, value: Value, context: &str) -> R<String> {
    let (text, _) = evaluator.coerce_to_string(value, Coercion::PLAIN, context)?;
    evaluator.stand_in.read(&text);
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn plain(evaluator: &mut Evaluator, value: Value, context: &str) -> R<String> {
    let text = evaluator.force_string_no_context(value, context)?;
    let text = evaluator.heap.string(text);
    evaluator.stand_in.read(text);
    Ok(String::from_utf8_lossy(text).into_owned())
}

fn tree_value(evaluator: &mut Evaluator, tree: &Tree) -> R<Value> {
    let text_of = |name: &str| match tree.attributes.get(name) {
        Some(InputAttribute::Text(text)) => Some(text.as_str()),
        _ => None,
    };
    let out_path = evaluator.tree_path(tree)?;
    // A working copy with changes has no revision.
    let revision = text_of("rev").unwrap_or(NULL_REVISION);
    let short = revision.get(..SHORT_REVISION).unwrap_or(revision);
    let mut attrs = vec![(known::OUT_PATH, out_path)];
    for (name, text) in [
        ("branch", text_of("ref")),
        ("rev", Some(revision)),
        ("shortRev", Some(short)),
    ] {
        if let Some(text) = text {
            let value = evaluator.heap.new_string(text.as_bytes(), ContextId::EMPTY);
            attrs.push((evaluator.symbols.intern(name.as_bytes()), value));
        }
    }
    if let Some(InputAttribute::Number(count)) = tree.attributes.get("revCount") {
        let count = evaluator.heap.new_int(*count as i64);
        attrs.push((evaluator.symbols.intern(b"revCount"), count));
    }
    Ok(evaluator.make_attrs(&attrs))
}
