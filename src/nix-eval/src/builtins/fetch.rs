//! Sources from elsewhere. What is fetched, and from where, is the business of the outside world.

use nix_store::hash::{Algorithm, Encoding};
use nix_store::{ContentAddress, Method, References};

use super::Table;
use crate::eval::{Evaluator, R};
use crate::heap::Value;
use crate::path;
use crate::symbol::known;
use crate::world::FetchRequest;

pub(super) const TABLE: Table = &[
    ("__fetchurl", 1, |e, a| fetch(e, a, false)),
    ("fetchTarball", 1, |e, a| fetch(e, a, true)),
];

fn fetch(evaluator: &mut Evaluator, args: &[Value], unpack: bool) -> R<Value> {
    let builtin = if unpack { "fetchTarball" } else { "fetchurl" };
    let value = evaluator.force(args[0])?;
    let mut name = if unpack {
        b"source".to_vec()
    } else {
        Vec::new()
    };
    let mut hash = None;
    let url = if value.is_attrs() {
        let (set, shape) = evaluator.heap.flat(value);
        let mut url = None;
        for index in evaluator.symbol_order(shape) {
            let symbol = evaluator.heap.shape_name(shape, index);
            let attr = evaluator.heap.attr_at(set, index);
            let text = match symbol {
                known::URL | known::NAME | known::SHA256 => {
                    let context = "while evaluating an argument of a fetcher";
                    let text = evaluator.force_string_no_context(attr, context)?;
                    evaluator.heap.string(text).to_vec()
                }
                other => {
                    let other = evaluator.name(other);
                    return evaluator
                        .fail(format!("unsupported argument '{other}' to '{builtin}'"));
                }
            };
            match symbol {
                known::URL => url = Some(text),
                known::NAME => name = text,
                _ => {
                    let parsed =
                        super::derivation::parse_hash(evaluator, &text, Some(Algorithm::Sha256))?;
                    hash = Some(parsed);
                }
            }
        }
        match url {
            Some(url) => url,
            None => return evaluator.fail("'url' argument required"),
        }
    } else {
        let context = "while evaluating the url we should fetch";
        let text = evaluator.force_string_no_context(value, context)?;
        evaluator.heap.string(text).to_vec()
    };
    evaluator.stand_in.read(&url);
    let url = String::from_utf8_lossy(&url).into_owned();
    if evaluator.settings.pure && hash.is_none() {
        return evaluator.fail(format!(
            "in pure evaluation mode, '{builtin}' requires a 'sha256' argument"
        ));
    }
    if name.is_empty() {
        name = path::base_name(url.as_bytes()).to_vec();
    }
    evaluator.stand_in.read(&name);
    let method = if unpack { Method::Nar } else { Method::Flat };
    let dir = evaluator.store_dir()?;
    let expected = match &hash {
        None => None,
        Some(hash) => {
            let address = ContentAddress {
                method,
                hash: *hash,
            };
            match dir.content_addressed_path(&name, &address, &References::default()) {
                Ok(path) => Some(path),
                Err(error) => return evaluator.fail(error.to_string()),
            }
        }
    };
    // What is pinned and in the store need not be fetched.
    if let Some(path) = &expected {
        let shown = dir.print(path);
        if matches!(evaluator.type_physical(&shown), Ok(Some(_))) {
            evaluator.allow(&shown);
            return Ok(evaluator.store_path_value(&shown));
        }
    }
    let request = FetchRequest {
        url: url.clone(),
        unpack,
        name: String::from_utf8_lossy(&name).into_owned(),
        hash: hash.as_ref().map(|hash| hash.encode(Encoding::Sri)),
    };
    evaluator.be_seen()?;
    let fetched = match evaluator.world.fetch(&request) {
        Ok(fetched) => fetched,
        Err(message) => return evaluator.fail(format!("cannot fetch '{url}': {message}")),
    };
    // Where it lies is the outside world's business, not the program's.
    let restriction = evaluator.settings.allowed_paths.take();
    let stored = evaluator.add_source(&fetched.path, &name, method, None);
    evaluator.settings.allowed_paths = restriction;
    let stored = stored?;
    evaluator.allow(&dir.print(&stored));
    if let (Some(expected), Some(hash)) = (expected, hash)
        && expected != stored
    {
        let found = evaluator.hash_source(&dir.print(&stored), method, None)?.0;
        return evaluator.fail(format!(
            "hash mismatch in file downloaded from '{url}':\n  specified: {}\n  got:       {}",
            hash.encode_with_algorithm(Encoding::Nix32),
            found.encode_with_algorithm(Encoding::Nix32)
        ));
    }
    Ok(evaluator.store_path_value(&dir.print(&stored)))
}
