//! `outputOf`: outputs of derivations that are outputs of derivations (experimental feature
//! `dynamic-derivations`).

use nix_store::{downstream_placeholder, dynamic_placeholder};

use super::Table;
use crate::eval::{Evaluator, R, display_element};
use crate::heap::{ContextElement, Value};

pub(super) const TABLE: Table = &[("__outputOf", 2, output_of)];

fn output_of(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let element = derived_path(evaluator, args[0])?;
    let context = "while evaluating the second argument passed to builtins.outputOf";
    let output = evaluator.force_string_no_context(args[1], context)?;
    let output = evaluator.heap.string(output).into();
    let element = match element {
        ContextElement::Opaque(drv) | ContextElement::DrvDeep(drv) => ContextElement::Built {
            through: Vec::new(),
            drv,
            output,
        },
        ContextElement::Built {
            mut through,
            drv,
            output: outer,
        } => {
            through.push(outer);
            ContextElement::Built {
                through,
                drv,
                output,
            }
        }
    };
    let text = text_of(evaluator, &element)?;
    let context = evaluator.contexts.single(element);
    Ok(evaluator.heap.new_string(&text, context))
}

/// The one thing that a string stands for: a store path, or an output.
fn derived_path(evaluator: &mut Evaluator, value: Value) -> R<ContextElement> {
    let context = "while evaluating the first argument to builtins.outputOf";
    let string = evaluator.force_string(value, context)?;
    let text = evaluator.heap.string(string).to_vec();
    let shown = String::from_utf8_lossy(&text).into_owned();
    let elements = evaluator.heap.string_context(string);
    let mut elements = evaluator.contexts.elements(elements);
    let count = elements.len();
    let element = match elements.pop() {
        Some(element) if count == 1 => element,
        _ => {
            return evaluator.fail(format!(
                "string '{shown}' has {count} entries in its context. It should only have exactly \
                 one entry"
            ));
        }
    };
    if matches!(element, ContextElement::DrvDeep(_)) {
        return evaluator.fail(format!(
            "string '{shown}' has a context which refers to a complete source and binary closure. \
             This is not supported at this time"
        ));
    }
    let expected = text_of(evaluator, &element)?;
    if expected == text {
        return Ok(element);
    }
    let expected = String::from_utf8_lossy(&expected).into_owned();
    let ContextElement::Built { output, .. } = &element else {
        return evaluator.fail(format!(
            "path string '{shown}' has context with the different path '{expected}'"
        ));
    };
    let whole = display_element(&element);
    let output = String::from_utf8_lossy(output).into_owned();
    let drv = whole.strip_suffix(&format!("^{output}")).unwrap_or(&whole);
    evaluator.fail(format!(
        "string '{shown}' has context with the output '{output}' from derivation '{drv}', but the \
         string is not the right placeholder for this derivation output. It should be '{expected}'"
    ))
}

/// What the string is that stands for an element: a path where that is known, else a placeholder.
fn text_of(evaluator: &mut Evaluator, element: &ContextElement) -> R<Vec<u8>> {
    let (through, drv, output) = match element {
        ContextElement::Opaque(path) | ContextElement::DrvDeep(path) => return Ok(path.to_vec()),
        ContextElement::Built {
            through,
            drv,
            output,
        } => (through, drv, output),
    };
    let dir = evaluator.store_dir()?;
    let path = match dir.parse(drv) {
        Ok(path) if path.is_derivation() => path,
        Ok(_) => {
            let shown = String::from_utf8_lossy(drv).into_owned();
            return evaluator.fail(format!(
                "store path '{shown}' is not a valid derivation path"
            ));
        }
        Err(error) => return evaluator.fail(error.to_string()),
    };
    if through.is_empty() {
        evaluator.load_derivation(&path)?;
        let record = evaluator.store.derivations.get(&path);
        match record.and_then(|record| record.outputs.get(&output[..]).cloned()) {
            Some(Some(known)) => return Ok(dir.print(&known)),
            Some(None) => {}
            None => {
                let drv = String::from_utf8_lossy(drv).into_owned();
                let output = String::from_utf8_lossy(output).into_owned();
                return evaluator.fail(format!(
                    "derivation '{drv}' does not have output '{output}'"
                ));
            }
        }
    }
    if !evaluator.settings.ca_derivations {
        return evaluator.fail(super::feature_is_disabled("ca-derivations"));
    }
    let Some((first, rest)) = through.split_first() else {
        return Ok(downstream_placeholder(&path, output).into_bytes());
    };
    let rest = rest.iter().chain([output]).map(|name| &name[..]);
    Ok(dynamic_placeholder(&path, first, rest).into_bytes())
}
