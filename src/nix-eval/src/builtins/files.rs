//! Files and paths.

use nix_store::References;
use nix_store::StorePath;
use nix_store::hash::Algorithm;
use nix_store::{ContentAddress, Method};

use super::Table;
use crate::eval::{Coercion, ErrorKind, EvalError, Evaluator, R};
use crate::heap::{AttrsBuilder, ContextElement, ContextId, Value};
use crate::path;
use crate::position::Position;
use crate::symbol::known;
use crate::world::FileType;

pub(super) const TABLE: Table = &[
    ("import", 1, import),
    ("scopedImport", 2, scoped_import),
    ("__readFile", 1, read_file),
    ("__readDir", 1, read_dir),
    ("__readFileType", 1, read_file_type),
    ("__pathExists", 1, path_exists),
    ("baseNameOf", 1, base_name_of),
    ("dirOf", 1, dir_of),
    ("__toPath", 1, to_path),
    ("__storePath", 1, store_path),
    ("__findFile", 2, find_file),
    ("__toFile", 2, to_file),
    ("__filterSource", 2, filter_source),
    ("__path", 1, add_path),
];

fn import(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let path = evaluator.realise_path(args[0])?;
    evaluator.import_file(&path)
}

fn scoped_import(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let path = evaluator.realise_path(args[1])?;
    let context = "while evaluating the first argument passed to builtins.scopedImport";
    let scope = evaluator.force_attrs(args[0], context)?;
    evaluator.scoped_import(scope, &path)
}

fn read_file(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let path = evaluator.realise_path(args[0])?;
    let bytes = evaluator.read_file(&path)?;
    if bytes.contains(&0) {
        let shown = String::from_utf8_lossy(&path).into_owned();
        return evaluator.fail(format!(
            "the contents of the file '{shown}' cannot be represented as a Nix string"
        ));
    }
    Ok(evaluator.heap.new_string(&bytes, ContextId::EMPTY))
}

fn type_name(found: FileType) -> &'static [u8] {
    match found {
        FileType::Regular { .. } => b"regular",
        FileType::Directory => b"directory",
        FileType::Symlink => b"symlink",
        FileType::Unknown => b"unknown",
    }
}

fn read_dir(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let path = evaluator.realise_path(args[0])?;
    evaluator.check_access(&path)?;
    let resolved = evaluator.resolve_links(&path, true)?;
    let entries = match evaluator.list_physical(&resolved) {
        Ok(entries) => entries,
        Err(error) => return evaluator.file_error(&path, &error),
    };
    let mut set = AttrsBuilder::with_capacity(entries.len());
    for (name, found) in entries {
        let name = evaluator.symbols.intern(&name);
        let kind = evaluator.symbols.intern(type_name(found));
        let kind = evaluator.symbol_string(kind);
        set.push(name, kind, Position::NONE);
    }
    Ok(set.finish(&mut evaluator.heap))
}

fn read_file_type(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let path = evaluator.realise_path(args[0])?;
    let parent = evaluator.resolve_links(path::parent(&path), true)?;
    let at = if path == b"/" {
        path.clone()
    } else {
        path::join(&parent, path::base_name(&path))
    };
    match evaluator.file_type(&at)? {
        Some(found) => {
            let kind = evaluator.symbols.intern(type_name(found));
            Ok(evaluator.symbol_string(kind))
        }
        None => evaluator.file_error(&path, &std::io::ErrorKind::NotFound.into()),
    }
}

fn path_exists(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let value = evaluator.force(args[0])?;
    let must_be_directory = value.is_string() && {
        let text = evaluator.heap.string(value);
        text.ends_with(b"/") || text.ends_with(b"/.")
    };
    match look(evaluator, value, must_be_directory) {
        Ok(found) => Ok(Value::bool(match found {
            Some(FileType::Directory) => true,
            Some(_) => !must_be_directory,
            None => false,
        })),
        Err(raised) => {
            let error = evaluator.take_error(raised);
            match error.kind {
                // What may not be seen does not exist.
                ErrorKind::Restricted | ErrorKind::File => Ok(Value::FALSE),
                _ => evaluator.raise(error),
            }
        }
    }
}

fn look(evaluator: &mut Evaluator, value: Value, follow: bool) -> R<Option<FileType>> {
    let at = evaluator.realise_path(value)?;
    let resolved = evaluator.resolve_links(&at, follow)?;
    evaluator.check_access(&resolved)?;
    Ok(evaluator.type_physical(&resolved).unwrap_or(None))
}

fn base_name_of(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let context = "while evaluating the first argument passed to builtins.baseNameOf";
    let (text, elements) = evaluator.coerce_to_string(args[0], Coercion::PLAIN, context)?;
    let trimmed = match text.strip_suffix(b"/") {
        Some(rest) if !rest.is_empty() => rest,
        _ => &text[..],
    };
    let name = match trimmed.iter().rposition(|&b| b == b'/') {
        Some(slash) => &trimmed[slash + 1..],
        None => trimmed,
    };
    Ok(evaluator.heap.new_string(name, elements))
}

fn dir_of(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let value = evaluator.force(args[0])?;
    if evaluator.is_path(value) {
        let at = path::canonical(evaluator.heap.path(value));
        let parent = path::parent(&at).to_vec();
        return Ok(evaluator.new_path(&parent));
    }
    let context = "while evaluating the first argument passed to 'builtins.dirOf'";
    let (text, elements) = evaluator.coerce_to_string(value, Coercion::PLAIN, context)?;
    let directory: &[u8] = match text.iter().rposition(|&b| b == b'/') {
        None => b".",
        Some(0) => b"/",
        Some(slash) => &text[..slash],
    };
    Ok(evaluator.heap.new_string(directory, elements))
}

fn to_path(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let context = "while evaluating the first argument passed to builtins.toPath";
    let (path, elements) = evaluator.coerce_to_path(args[0], context)?;
    Ok(evaluator.heap.new_string(&path, elements))
}

fn store_path(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    if evaluator.settings.pure {
        return evaluator.fail("'builtins.storePath' is not allowed in pure evaluation mode");
    }
    let context = "while evaluating the first argument passed to 'builtins.storePath'";
    let (mut path, elements) = evaluator.coerce_to_path(args[0], context)?;
    let dir = evaluator.store_dir()?;
    if dir.parse(&path).is_err() {
        path = evaluator.resolve_links(&path, true)?.to_vec();
    }
    let Ok((stored, _)) = dir.split(&path) else {
        let shown = String::from_utf8_lossy(&path).into_owned();
        return evaluator.fail(format!("path '{shown}' is not in the Nix store"));
    };
    let element = ContextElement::Opaque(dir.print(&stored).into());
    let own = evaluator.contexts.single(element);
    let elements = evaluator.contexts.union(elements, own);
    Ok(evaluator.heap.new_string(&path, elements))
}

fn find_file(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let context = "while evaluating the first argument passed to builtins.findFile";
    let list = evaluator.force_list(args[0], context)?;
    let mut entries = Vec::new();
    for item in evaluator.heap.list_items(list) {
        let context = "while evaluating an element of the list passed to builtins.findFile";
        let entry = evaluator.force_attrs(item, context)?;
        let mut prefix = Vec::new();
        if let Some(value) = evaluator.heap.attr(entry, known::PREFIX) {
            let context = "while evaluating the `prefix` attribute of an element of the list passed to builtins.findFile";
            let value = evaluator.force_string_no_context(value, context)?;
            prefix = evaluator.heap.string(value).to_vec();
        }
        let value = evaluator.need_attr(entry, known::PATH, "in an element of the __nixPath")?;
        let context = "while evaluating the `path` attribute of an element of the list passed to builtins.findFile";
        let (directory, elements) = evaluator.coerce_to_string(value, Coercion::PLAIN, context)?;
        evaluator.refuse_unbuilt(elements)?;
        entries.push((prefix, directory));
    }
    let context = "while evaluating the second argument passed to builtins.findFile";
    let name = evaluator.force_string_no_context(args[1], context)?;
    let name = evaluator.heap.string(name).to_vec();
    let found = evaluator.find_file(&entries, &name)?;
    Ok(evaluator.new_path(&found))
}

/// An element of a context in Nix's short form (`NixStringContextElem::to_string`).
fn encoded(element: &ContextElement) -> String {
    let base = |path: &[u8]| String::from_utf8_lossy(path::base_name(path)).into_owned();
    match element {
        ContextElement::Opaque(path) => base(path),
        ContextElement::DrvDeep(path) => format!("={}", base(path)),
        ContextElement::Built {
            through,
            drv,
            output,
        } => {
            let names = [output].into_iter().chain(through.iter().rev());
            let names = names.map(|name| format!("!{}", String::from_utf8_lossy(name)));
            format!("{}!{}", names.collect::<String>(), base(drv))
        }
    }
}

fn to_file(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let context = "while evaluating the first argument passed to builtins.toFile";
    let name = evaluator.force_string_no_context(args[0], context)?;
    let context = "while evaluating the second argument passed to builtins.toFile";
    let contents = evaluator.force_string(args[1], context)?;
    let elements = evaluator.heap.string_context(contents);
    let name = evaluator.heap.string(name).to_vec();
    let dir = evaluator.store_dir()?;
    let mut references = Vec::new();
    for element in evaluator.contexts.elements(elements) {
        let parsed = match &element {
            ContextElement::Opaque(path) => dir.parse(path).ok(),
            _ => None,
        };
        let Some(path) = parsed else {
            let shown = String::from_utf8_lossy(&name).into_owned();
            return evaluator.fail(format!(
                "files created by builtins.toFile may not reference derivations, but {shown} \
                 references {}",
                encoded(&element)
            ));
        };
        references.push(path);
    }
    let contents = evaluator.heap.string(contents).to_vec();
    let stored = evaluator.add_text(&name, &contents, &references)?;
    Ok(evaluator.store_path_value(&stored))
}

fn filter_source(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let context = "while evaluating the second argument (the path to filter) passed to 'builtins.filterSource'";
    let (source, elements) = evaluator.coerce_to_path(args[1], context)?;
    let context = "while evaluating the first argument passed to builtins.filterSource";
    let filter = evaluator.force_function(args[0], context)?;
    evaluator.refuse_unbuilt(elements)?;
    let name = path::base_name(&source).to_vec();
    let addition = Addition {
        source,
        name,
        filter: Some(filter),
        method: Method::Nar,
        hash: None,
    };
    addition.perform(evaluator)
}

/// A source on its way into the store.
struct Addition {
    source: Vec<u8>,
    name: Vec<u8>,
    filter: Option<Value>,
    method: Method,
    hash: Option<nix_store::hash::Hash>,
}

impl Addition {
    fn perform(self, evaluator: &mut Evaluator) -> R<Value> {
        let shown = String::from_utf8_lossy(&self.source).into_owned();
        let result = self.add(evaluator);
        if result.is_err() {
            evaluator.frame(Position::NONE, format!("while adding path '{shown}'"));
        }
        result
    }

    fn add(self, evaluator: &mut Evaluator) -> R<Value> {
        let dir = evaluator.store_dir()?;
        let mut expected: Option<StorePath> = None;
        if let Some(hash) = self.hash {
            let address = ContentAddress {
                method: self.method,
                hash,
            };
            match dir.content_addressed_path(&self.name, &address, &References::default()) {
                Ok(path) => expected = Some(path),
                Err(error) => return evaluator.fail(error.to_string()),
            }
        }
        let resolved = evaluator.resolve_links(&self.source, true)?;
        let stored = evaluator.add_source(&resolved, &self.name, self.method, self.filter)?;
        if expected.is_some_and(|expected| expected != stored) {
            let shown = String::from_utf8_lossy(&self.source).into_owned();
            return evaluator.raise(EvalError::new(
                ErrorKind::Evaluation,
                format!("store path mismatch in (possibly filtered) path added from '{shown}'"),
            ));
        }
        Ok(evaluator.store_path_value(&dir.print(&stored)))
    }
}

fn add_path(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let context = "while evaluating the argument passed to 'builtins.path'";
    let set = evaluator.force_attrs(args[0], context)?;
    let (set, shape) = evaluator.heap.flat(set);
    let mut source = None;
    let mut name = Vec::new();
    let mut filter = None;
    let mut method = Method::Nar;
    let mut hash = None;
    for index in evaluator.symbol_order(shape) {
        let symbol = evaluator.heap.shape_name(shape, index);
        let value = evaluator.heap.attr_at(set, index);
        match evaluator.symbols.name(symbol) {
            b"path" => {
                let context = "while evaluating the 'path' attribute passed to 'builtins.path'";
                let (path, elements) = evaluator.coerce_to_path(value, context)?;
                evaluator.refuse_unbuilt(elements)?;
                source = Some(path);
            }
            b"name" => {
                let context = "while evaluating the `name` attribute passed to builtins.path";
                let text = evaluator.force_string_no_context(value, context)?;
                name = evaluator.heap.string(text).to_vec();
            }
            b"filter" => {
                let context = "while evaluating the `filter` parameter passed to builtins.path";
                filter = Some(evaluator.force_function(value, context)?);
            }
            b"recursive" => {
                let context = "while evaluating the `recursive` attribute passed to builtins.path";
                let recursive = evaluator.force_bool(value, context)?;
                method = if recursive { Method::Nar } else { Method::Flat };
            }
            b"sha256" => {
                let context = "while evaluating the `sha256` attribute passed to builtins.path";
                let text = evaluator.force_string_no_context(value, context)?;
                let text = evaluator.heap.string(text).to_vec();
                let parsed =
                    super::derivation::parse_hash(evaluator, &text, Some(Algorithm::Sha256))?;
                hash = Some(parsed);
            }
            _ => {
                let name = evaluator.name(symbol);
                return evaluator.fail(format!("unsupported argument '{name}' to 'builtins.path'"));
            }
        }
    }
    let Some(source) = source else {
        return evaluator
            .fail("missing required 'path' attribute in the first argument to 'builtins.path'");
    };
    if name.is_empty() {
        name = path::base_name(&source).to_vec();
    }
    Addition {
        source,
        name,
        filter,
        method,
        hash,
    }
    .perform(evaluator)
}
