//! Strings, versions and regular expressions.

use std::rc::Rc;

use super::Table;
use crate::eval::{Coercion, Evaluator, R};
use crate::formats::version;
use crate::heap::{ContextId, Value};
use crate::regex::Regex;
use crate::symbol::known;

pub(super) const TABLE: Table = &[
    ("toString", 1, to_string),
    ("__substring", 3, substring),
    ("__stringLength", 1, string_length),
    ("__concatStringsSep", 2, concat_strings_sep),
    ("__replaceStrings", 3, replace_strings),
    ("__match", 2, matches),
    ("__split", 2, split),
    ("__compareVersions", 2, compare_versions),
    ("__splitVersion", 1, split_version),
    ("__parseDrvName", 1, parse_drv_name),
];

fn to_string(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let context = "while evaluating the first argument passed to builtins.toString";
    evaluator.coerce_to_value(args[0], Coercion::TO_STRING, context)
}

fn substring(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let context =
        "while evaluating the first argument (the start offset) passed to builtins.substring";
    let start = evaluator.force_int(args[0], context)?;
    let Ok(start) = usize::try_from(start) else {
        return evaluator.fail("negative start position in 'substring'");
    };
    let context =
        "while evaluating the second argument (the substring length) passed to builtins.substring";
    let length = evaluator.force_int(args[1], context)?;
    if length == 0 {
        let value = evaluator.force(args[2])?;
        if value.is_string() {
            let elements = evaluator.heap.string_context(value);
            return Ok(evaluator.heap.new_string(b"", elements));
        }
    }
    let context = "while evaluating the third argument (the string) passed to builtins.substring";
    let string = evaluator.coerce_to_value(args[2], Coercion::STRICT, context)?;
    let elements = evaluator.heap.string_context(string);
    let text = evaluator.heap.string(string);
    let from = start.min(text.len());
    let rest = &text[from..];
    // A negative length means all that is left.
    let length = usize::try_from(length)
        .unwrap_or(usize::MAX)
        .min(rest.len());
    if from == 0 && length == text.len() {
        return Ok(string);
    }
    evaluator.stand_in.cut(text, from, from + length);
    let part = rest[..length].to_vec();
    Ok(evaluator.heap.new_string(&part, elements))
}

fn string_length(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let context = "while evaluating the argument passed to builtins.stringLength";
    let string = evaluator.coerce_to_value(args[0], Coercion::STRICT, context)?;
    let length = evaluator.heap.string(string).len();
    Ok(evaluator.heap.new_int(length as i64))
}

fn concat_strings_sep(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let context = "while evaluating the first argument (the separator string) passed to builtins.concatStringsSep";
    let separator = evaluator.force_string(args[0], context)?;
    let context = "while evaluating the second argument (the list of strings to concat) passed to builtins.concatStringsSep";
    let list = evaluator.force_list(args[1], context)?;
    let mut elements = evaluator.heap.string_context(separator);
    let mut text = evaluator.take_buffer();
    let context = "while evaluating one element of the list of strings to concat passed to builtins.concatStringsSep";
    for index in 0..evaluator.heap.list_length(list) {
        if index > 0 {
            text.extend_from_slice(evaluator.heap.string(separator));
        }
        let item = evaluator.heap.list_item(list, index);
        evaluator.coerce_into(item, Coercion::STRICT, &mut text, &mut elements, context)?;
    }
    let result = evaluator.heap.new_string(&text, elements);
    evaluator.give_buffer(text);
    Ok(result)
}

fn replace_strings(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let context = "while evaluating the first argument passed to builtins.replaceStrings";
    let from = evaluator.force_list(args[0], context)?;
    let context = "while evaluating the second argument passed to builtins.replaceStrings";
    let to = evaluator.force_list(args[1], context)?;
    if evaluator.heap.list_length(from) != evaluator.heap.list_length(to) {
        return evaluator.fail(
            "'from' and 'to' arguments passed to builtins.replaceStrings have different lengths",
        );
    }
    let mut patterns = Vec::new();
    for item in evaluator.heap.list_items(from) {
        let context =
            "while evaluating one of the strings to replace passed to builtins.replaceStrings";
        let item = evaluator.force_string(item, context)?;
        patterns.push(evaluator.heap.string(item).to_vec());
    }
    let mut replacements: Vec<Option<Vec<u8>>> = vec![None; patterns.len()];
    let context = "while evaluating the third argument passed to builtins.replaceStrings";
    let string = evaluator.force_string(args[2], context)?;
    let mut elements = evaluator.heap.string_context(string);
    let text = evaluator.heap.string(string).to_vec();
    evaluator.stand_in.searched(&text, &patterns);
    // Which patterns can start with a byte; the empty pattern can start anywhere.
    let mut starts = [false; 256];
    for pattern in &patterns {
        match pattern.first() {
            Some(&byte) => starts[byte as usize] = true,
            None => starts = [true; 256],
        }
    }
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while at <= text.len() {
        let rest = &text[at..];
        let possible = rest.first().is_none_or(|&byte| starts[byte as usize]);
        let found = if possible {
            patterns.iter().position(|p| rest.starts_with(p))
        } else {
            None
        };
        if let Some(index) = found {
            if replacements[index].is_none() {
                let context = "while evaluating one of the replacement strings passed to builtins.replaceStrings";
                let value = evaluator.heap.list_item(to, index as u32);
                let value = evaluator.force_string(value, context)?;
                let more = evaluator.heap.string_context(value);
                elements = evaluator.contexts.union(elements, more);
                replacements[index] = Some(evaluator.heap.string(value).to_vec());
            }
            out.extend_from_slice(replacements[index].as_deref().unwrap_or_default());
            if !patterns[index].is_empty() {
                at += patterns[index].len();
                continue;
            }
        }
        out.extend(rest.first());
        at += 1;
    }
    Ok(evaluator.heap.new_string(&out, elements))
}

/// The compiled form of a pattern, kept for the next use.
fn regex(evaluator: &mut Evaluator, pattern: Value) -> R<Rc<Regex>> {
    let text = evaluator.heap.string(pattern);
    evaluator.stand_in.read(text);
    if let Some(known) = evaluator.regexes.get(text) {
        return Ok(known.clone());
    }
    let text = text.to_vec();
    match Regex::new(&text) {
        Ok(regex) => {
            let regex = Rc::new(regex);
            evaluator.regexes.insert(text.into(), regex.clone());
            Ok(regex)
        }
        Err(error) => {
            let shown = String::from_utf8_lossy(&text).into_owned();
            evaluator.fail(error.message(&shown))
        }
    }
}

fn group(evaluator: &mut Evaluator, text: &[u8], range: Option<(usize, usize)>) -> Value {
    match range {
        Some((start, end)) => evaluator
            .heap
            .new_string(&text[start..end], ContextId::EMPTY),
        None => Value::NULL,
    }
}

fn matches(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let context = "while evaluating the first argument passed to builtins.match";
    let pattern = evaluator.force_string_no_context(args[0], context)?;
    let regex = regex(evaluator, pattern)?;
    let context = "while evaluating the second argument passed to builtins.match";
    let string = evaluator.force_string(args[1], context)?;
    let text = evaluator.heap.string(string).to_vec();
    evaluator.stand_in.read(&text);
    let Some(captures) = regex.full_match(&text) else {
        return Ok(Value::NULL);
    };
    let groups: Vec<Value> = (1..captures.len())
        .map(|index| group(evaluator, &text, captures.get(index)))
        .collect();
    Ok(evaluator.heap.new_list(&groups))
}

fn split(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let context = "while evaluating the first argument passed to builtins.split";
    let pattern = evaluator.force_string_no_context(args[0], context)?;
    let regex = regex(evaluator, pattern)?;
    let context = "while evaluating the second argument passed to builtins.split";
    let string = evaluator.force_string(args[1], context)?;
    let text = evaluator.heap.string(string).to_vec();
    evaluator.stand_in.read(&text);
    let found: Vec<_> = regex.split(&text).collect();
    if found.is_empty() {
        return Ok(evaluator.heap.new_list(&[string]));
    }
    let mut parts = Vec::with_capacity(found.len() * 2 + 1);
    let mut from = 0;
    for captures in &found {
        let (start, end) = captures.get(0).unwrap_or((from, from));
        parts.push(
            evaluator
                .heap
                .new_string(&text[from..start], ContextId::EMPTY),
        );
        let groups: Vec<Value> = (1..captures.len())
            .map(|index| group(evaluator, &text, captures.get(index)))
            .collect();
        parts.push(evaluator.heap.new_list(&groups));
        from = end;
    }
    parts.push(evaluator.heap.new_string(&text[from..], ContextId::EMPTY));
    Ok(evaluator.heap.new_list(&parts))
}

fn compare_versions(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let context = "while evaluating the first argument passed to builtins.compareVersions";
    let left = evaluator.force_string_no_context(args[0], context)?;
    let context = "while evaluating the second argument passed to builtins.compareVersions";
    let right = evaluator.force_string_no_context(args[1], context)?;
    let (left, right) = (evaluator.heap.string(left), evaluator.heap.string(right));
    evaluator.stand_in.read(left);
    evaluator.stand_in.read(right);
    let order = version::compare(left, right);
    Ok(evaluator.heap.new_int(order as i64))
}

fn split_version(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let context = "while evaluating the first argument passed to builtins.splitVersion";
    let string = evaluator.force_string_no_context(args[0], context)?;
    let text = evaluator.heap.string(string).to_vec();
    evaluator.stand_in.read(&text);
    let parts: Vec<Value> = version::split(&text)
        .into_iter()
        .map(|part| evaluator.heap.new_string(part, ContextId::EMPTY))
        .collect();
    Ok(evaluator.heap.new_list(&parts))
}

fn parse_drv_name(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let context = "while evaluating the first argument passed to builtins.parseDrvName";
    let string = evaluator.force_string_no_context(args[0], context)?;
    let text = evaluator.heap.string(string).to_vec();
    evaluator.stand_in.read(&text);
    let (name, version) = version::parse_drv_name(&text);
    let name = evaluator.heap.new_string(name, ContextId::EMPTY);
    let version = evaluator.heap.new_string(version, ContextId::EMPTY);
    let version_name = evaluator.symbols.intern(b"version");
    Ok(evaluator.make_attrs(&[(known::NAME, name), (version_name, version)]))
}
