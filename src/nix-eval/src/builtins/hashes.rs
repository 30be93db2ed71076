//! Hashes.

use nix_store::hash::{Algorithm, Encoding, Hash};

use super::Table;
use crate::eval::{Evaluator, R};
use crate::heap::{ContextId, Value};

pub(super) const TABLE: Table = &[
    ("__hashString", 2, hash_string),
    ("__hashFile", 2, hash_file),
    ("__convertHash", 1, convert_hash),
];

fn algorithm(evaluator: &mut Evaluator, value: Value, context: &str) -> R<Algorithm> {
    let name = evaluator.force_string_no_context(value, context)?;
    match Algorithm::parse(evaluator.heap.string(name)) {
        Ok(Algorithm::Blake3) if !evaluator.settings.blake3_hashes => {
            evaluator.fail(super::feature_is_disabled("blake3-hashes"))
        }
        Ok(algorithm) => Ok(algorithm),
        Err(error) => evaluator.fail(error.to_string()),
    }
}

fn hash_string(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let context = "while evaluating the first argument passed to builtins.hashString";
    let algorithm = algorithm(evaluator, args[0], context)?;
    let context = "while evaluating the second argument passed to builtins.hashString";
    let string = evaluator.force_string(args[1], context)?;
    let text = evaluator.heap.string(string);
    evaluator.stand_in.read(text);
    let hash = Hash::of(algorithm, text);
    Ok(new_text(evaluator, &hash.encode(Encoding::Base16)))
}

fn hash_file(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let context = "while evaluating the first argument passed to builtins.hashFile";
    let algorithm = algorithm(evaluator, args[0], context)?;
    let path = evaluator.realise_path(args[1])?;
    let bytes = evaluator.read_file(&path)?;
    let hash = Hash::of(algorithm, &bytes);
    Ok(new_text(evaluator, &hash.encode(Encoding::Base16)))
}

fn new_text(evaluator: &mut Evaluator, text: &str) -> Value {
    evaluator.heap.new_string(text.as_bytes(), ContextId::EMPTY)
}

fn convert_hash(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let context = "while evaluating the first argument passed to builtins.convertHash";
    let set = evaluator.force_attrs(args[0], context)?;
    let context = "while locating the attribute 'hash'";
    let hash = evaluator.need_named(set, "hash", context)?;
    let hash = evaluator.force_string_no_context(hash, "while evaluating the attribute 'hash'")?;
    let expected = match evaluator.attr_named(set, "hashAlgo") {
        Some(value) => Some(algorithm(
            evaluator,
            value,
            "while evaluating the attribute 'hashAlgo'",
        )?),
        None => None,
    };
    let context = "while locating the attribute 'toHashFormat'";
    let format = evaluator.need_named(set, "toHashFormat", context)?;
    let context = "while evaluating the attribute 'toHashFormat'";
    let format = evaluator.force_string_no_context(format, context)?;
    let format = evaluator.heap.string(format).to_vec();
    let encoding = match &format[..] {
        b"base16" => Encoding::Base16,
        b"nix32" | b"base32" => Encoding::Nix32,
        b"base64" => Encoding::Base64,
        b"sri" => Encoding::Sri,
        _ => {
            let shown = String::from_utf8_lossy(&format).into_owned();
            return evaluator.fail(format!(
                "unknown hash format '{shown}', expect 'base16', 'base32', 'base64', or 'sri'"
            ));
        }
    };
    if format == b"base32" {
        evaluator.say(b"warning: \"base32\" is a deprecated alias for hash format \"nix32\".")?;
    }
    let text = evaluator.heap.string(hash);
    evaluator.stand_in.read(text);
    match Hash::parse_any(text, expected) {
        Ok(hash) => Ok(new_text(evaluator, &hash.encode(encoding))),
        Err(error) => evaluator.fail(error.to_string()),
    }
}
