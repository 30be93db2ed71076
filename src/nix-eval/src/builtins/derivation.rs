//! Derivations (`derivationStrictInternal` in Nix's `primops.cc`).

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use nix_store::check_name;
use nix_store::derivation::{Derivation, Output, Text};
use nix_store::hash::{Algorithm, Hash};
use nix_store::{ContentAddress, Method};
use nix_store::{downstream_placeholder, placeholder};

use super::Table;
use crate::eval::{Coercion, Evaluator, R};
use crate::heap::{ContextElement, ContextId, Value};
use crate::position::Position;
use crate::print;
use crate::symbol::{Symbol, known};

pub(super) const TABLE: Table = &[
    ("derivationStrict", 1, derivation_strict),
    ("placeholder", 1, make_placeholder),
];

fn make_placeholder(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let context = "while evaluating the first argument passed to builtins.placeholder";
    let name = evaluator.force_string_no_context(args[0], context)?;
    let name = evaluator.heap.string(name);
    evaluator.stand_in.read(name);
    let text = placeholder(name);
    Ok(evaluator.heap.new_string(text.as_bytes(), ContextId::EMPTY))
}

/// A derivation while its attributes are read.
struct Draft {
    name: Vec<u8>,
    structured: bool,
    /// The members of `__json`, in order.
    json: Vec<u8>,
    args: Vec<Text<'static>>,
    env: BTreeMap<Text<'static>, Text<'static>>,
    builder: Vec<u8>,
    system: Vec<u8>,
    outputs: BTreeSet<Vec<u8>>,
    content_addressed: bool,
    impure: bool,
    output_hash: Option<Vec<u8>>,
    algorithm: Option<Algorithm>,
    method: Option<Method>,
    context: ContextId,
}

fn derivation_strict(evaluator: &mut Evaluator, args: &[Value]) -> R<Value> {
    let context = "while evaluating the argument passed to builtins.derivationStrict";
    let set = evaluator.force_attrs(args[0], context)?;
    let context = "in the attrset passed as argument to builtins.derivationStrict";
    let name = evaluator.need_attr(set, known::NAME, context)?;
    let context = "while evaluating the `name` attribute passed to builtins.derivationStrict";
    let name = match evaluator.force_string_no_context(name, context) {
        Ok(name) => name,
        Err(raised) => {
            let position = name_position(evaluator, set);
            evaluator.frame(position, "while evaluating the derivation attribute 'name'");
            return Err(raised);
        }
    };
    let name = evaluator.heap.string(name).to_vec();
    let result = make(evaluator, set, name.clone());
    if result.is_err() {
        let shown = String::from_utf8_lossy(&name).into_owned();
        let position = name_position(evaluator, set);
        evaluator.frame(position, format!("while evaluating derivation '{shown}'"));
    }
    result
}

fn name_position(evaluator: &Evaluator, set: Value) -> Position {
    evaluator
        .heap
        .attr_with_position(set, known::NAME)
        .map_or(Position::NONE, |(_, p)| p)
}

fn flag(evaluator: &mut Evaluator, set: Value, name: Symbol) -> R<bool> {
    let Some(value) = evaluator.heap.attr(set, name) else {
        return Ok(false);
    };
    let context = format!(
        "while evaluating the `{}` attribute passed to builtins.derivationStrict",
        evaluator.name(name)
    );
    evaluator.force_bool(value, &context)
}

fn make(evaluator: &mut Evaluator, set: Value, name: Vec<u8>) -> R<Value> {
    if let Err(error) = check_name(&name) {
        return evaluator.fail(format!(
            "invalid derivation name: {error}. Please pass a different 'name'."
        ));
    }
    let mut draft = Draft {
        name,
        structured: flag(evaluator, set, known::STRUCTURED_ATTRS)?,
        json: b"{".to_vec(),
        args: Vec::new(),
        env: BTreeMap::new(),
        builder: Vec::new(),
        system: Vec::new(),
        outputs: std::iter::once(b"out".to_vec()).collect(),
        content_addressed: false,
        impure: false,
        output_hash: None,
        algorithm: None,
        method: None,
        context: ContextId::EMPTY,
    };
    let ignore_nulls = flag(evaluator, set, known::IGNORE_NULLS)?;
    let (flat, shape) = evaluator.heap.flat(set);
    for index in evaluator.name_order(shape) {
        let name = evaluator.heap.shape_name(shape, index);
        if name == known::IGNORE_NULLS {
            continue;
        }
        let value = evaluator.heap.attr_at(flat, index);
        if let Err(raised) = draft.attribute(evaluator, name, value, ignore_nulls) {
            let position = evaluator.heap.shape_position(shape, index);
            let name = evaluator.name(name);
            let drv = String::from_utf8_lossy(&draft.name).into_owned();
            let text = format!("while evaluating attribute '{name}' of derivation '{drv}'");
            evaluator.frame(position, text);
            return Err(raised);
        }
    }
    draft.finish(evaluator)
}

impl Draft {
    fn attribute(
        &mut self,
        evaluator: &mut Evaluator,
        name: Symbol,
        value: Value,
        ignore_nulls: bool,
    ) -> R<()> {
        if ignore_nulls && evaluator.force(value)? == Value::NULL {
            return Ok(());
        }
        match name {
            known::CONTENT_ADDRESSED => {
                if evaluator.force_bool(value, "")? {
                    require(
                        evaluator,
                        evaluator.settings.ca_derivations,
                        "ca-derivations",
                    )?;
                    self.content_addressed = true;
                }
                Ok(())
            }
            known::IMPURE => {
                if evaluator.force_bool(value, "")? {
                    let enabled = evaluator.settings.impure_derivations;
                    require(evaluator, enabled, "impure-derivations")?;
                    self.impure = true;
                }
                Ok(())
            }
            known::ARGS => self.arguments(evaluator, value),
            known::STRUCTURED_ATTRS if self.structured => Ok(()),
            _ if self.structured => self.structured_attribute(evaluator, name, value),
            _ => self.variable(evaluator, name, value),
        }
    }

    fn arguments(&mut self, evaluator: &mut Evaluator, value: Value) -> R<()> {
        let list = evaluator.force_list(value, "")?;
        for item in evaluator.heap.list_items(list) {
            let mut text = Vec::new();
            let context = "while evaluating an element of the argument list";
            evaluator.coerce_into(
                item,
                Coercion::DERIVATION,
                &mut text,
                &mut self.context,
                context,
            )?;
            self.args.push(Cow::Owned(text));
        }
        Ok(())
    }

    /// An attribute that the builder gets as an environment variable.
    fn variable(&mut self, evaluator: &mut Evaluator, name: Symbol, value: Value) -> R<()> {
        let mut text = Vec::new();
        evaluator.coerce_into(
            value,
            Coercion::DERIVATION,
            &mut text,
            &mut self.context,
            "",
        )?;
        match name {
            known::JSON => {
                let drv = String::from_utf8_lossy(&self.name).into_owned();
                evaluator.say(
                    format!(
                        "warning: In derivation '{drv}': setting structured attributes via \
                         '__json' is deprecated, and may be disallowed in future versions of Nix. \
                         Set '__structuredAttrs = true' instead."
                    )
                    .as_bytes(),
                )?;
            }
            known::BUILDER => self.builder.clone_from(&text),
            known::SYSTEM => self.system.clone_from(&text),
            known::OUTPUT_HASH => self.output_hash = Some(text.clone()),
            known::OUTPUT_HASH_ALGO => self.algorithm = parse_algorithm(evaluator, &text)?,
            known::OUTPUT_HASH_MODE => self.hash_mode(evaluator, &text)?,
            known::OUTPUTS => {
                let names: Vec<Vec<u8>> = text
                    .split(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r'))
                    .filter(|name| !name.is_empty())
                    .map(<[u8]>::to_vec)
                    .collect();
                self.set_outputs(evaluator, names)?;
            }
            _ => {}
        }
        let key = evaluator.symbols.name(name).to_vec();
        self.env.insert(Cow::Owned(key), Cow::Owned(text));
        Ok(())
    }

    /// An attribute that the builder gets as JSON.
    fn structured_attribute(
        &mut self,
        evaluator: &mut Evaluator,
        name: Symbol,
        value: Value,
    ) -> R<()> {
        if self.json.len() > 1 {
            self.json.push(b',');
        }
        let key = evaluator.symbols.name(name).to_vec();
        if let Err(error) = crate::formats::json::write::string(&mut self.json, &key) {
            return evaluator.fail(error.to_string());
        }
        self.json.push(b':');
        print::json::write(evaluator, value, true, &mut self.json, &mut self.context)?;
        match name {
            known::BUILDER => {
                let builder = evaluator.force_string(value, "")?;
                let more = evaluator.heap.string_context(builder);
                self.context = evaluator.contexts.union(self.context, more);
                self.builder = evaluator.heap.string(builder).to_vec();
            }
            known::SYSTEM => self.system = plain_text(evaluator, value)?,
            known::OUTPUT_HASH => self.output_hash = Some(plain_text(evaluator, value)?),
            known::OUTPUT_HASH_ALGO => {
                let text = plain_text(evaluator, value)?;
                self.algorithm = parse_algorithm(evaluator, &text)?;
            }
            known::OUTPUT_HASH_MODE => {
                let text = plain_text(evaluator, value)?;
                self.hash_mode(evaluator, &text)?;
            }
            known::OUTPUTS => {
                let list = evaluator.force_list(value, "")?;
                let mut names = Vec::new();
                for item in evaluator.heap.list_items(list) {
                    names.push(plain_text(evaluator, item)?);
                }
                self.set_outputs(evaluator, names)?;
            }
            known::ALLOWED_REFERENCES
            | known::ALLOWED_REQUISITES
            | known::DISALLOWED_REFERENCES
            | known::DISALLOWED_REQUISITES
            | known::MAX_SIZE
            | known::MAX_CLOSURE_SIZE => {
                let attribute = evaluator.name(name);
                let drv = String::from_utf8_lossy(&self.name).into_owned();
                evaluator.say(
                    format!(
                        "warning: In a derivation named '{drv}', 'structuredAttrs' disables the \
                         effect of the derivation attribute '{attribute}'; use \
                         'outputChecks.<output>.{attribute}' instead"
                    )
                    .as_bytes(),
                )?;
            }
            _ => {}
        }
        Ok(())
    }

    fn hash_mode(&mut self, evaluator: &mut Evaluator, text: &[u8]) -> R<()> {
        let method = if text == b"recursive" {
            Ok(Method::Nar)
        } else {
            Method::parse(text)
        };
        let Ok(method) = method else {
            let shown = String::from_utf8_lossy(text).into_owned();
            return evaluator.fail(format!(
                "invalid value '{shown}' for 'outputHashMode' attribute"
            ));
        };
        match method {
            Method::Text => {
                require(
                    evaluator,
                    evaluator.settings.dynamic_derivations,
                    "dynamic-derivations",
                )?;
            }
            Method::Git => require(evaluator, false, "git-hashing")?,
            Method::Flat | Method::Nar => {}
        }
        self.method = Some(method);
        Ok(())
    }

    fn set_outputs(&mut self, evaluator: &mut Evaluator, names: Vec<Vec<u8>>) -> R<()> {
        self.outputs.clear();
        for name in names {
            if name == b"drvPath" {
                return evaluator.fail("invalid derivation output name 'drvPath'");
            }
            let shown = String::from_utf8_lossy(&name).into_owned();
            if !self.outputs.insert(name) {
                return evaluator.fail(format!("duplicate derivation output '{shown}'"));
            }
        }
        if self.outputs.is_empty() {
            return evaluator.fail("derivation cannot have an empty set of outputs");
        }
        Ok(())
    }

    fn finish(mut self, evaluator: &mut Evaluator) -> R<Value> {
        let mut derivation = Derivation {
            name: Cow::Owned(self.name.clone()),
            outputs: BTreeMap::new(),
            input_sources: BTreeSet::new(),
            input_derivations: BTreeMap::new(),
            dynamic_inputs: BTreeMap::new(),
            system: Cow::Owned(std::mem::take(&mut self.system)),
            builder: Cow::Owned(std::mem::take(&mut self.builder)),
            args: std::mem::take(&mut self.args),
            env: std::mem::take(&mut self.env),
        };
        if self.structured {
            self.json.push(b'}');
            let json = std::mem::take(&mut self.json);
            derivation
                .env
                .insert(Cow::Borrowed(b"__json"), Cow::Owned(json));
        }
        add_inputs(evaluator, &mut derivation, self.context)?;
        if derivation.builder.is_empty() {
            return evaluator.fail("required attribute 'builder' missing");
        }
        if derivation.system.is_empty() {
            return evaluator.fail("required attribute 'system' missing");
        }
        let only_out = self.outputs.len() == 1 && self.outputs.contains(&b"out"[..]);
        if self.name.ends_with(b".drv") && !(self.method == Some(Method::Text) && only_out) {
            return evaluator.fail(
                "derivation names are allowed to end in '.drv' only if they produce a single derivation file",
            );
        }
        self.choose_outputs(evaluator, &mut derivation, only_out)?;
        let made = evaluator.instantiate(&mut derivation)?;
        let dir = evaluator.store_dir()?;
        let drv_path: Rc<[u8]> = dir.print(&made.path).into();
        let mut attrs = Vec::with_capacity(self.outputs.len() + 1);
        let context = evaluator
            .contexts
            .single(ContextElement::DrvDeep(drv_path.clone()));
        attrs.push((
            known::DRV_PATH,
            evaluator.heap.new_string(&drv_path, context),
        ));
        for (name, path) in self.outputs.iter().zip(&made.outputs) {
            let text = match path {
                Some(path) => dir.print(path),
                None => downstream_placeholder(&made.path, name).into_bytes(),
            };
            let element = ContextElement::Built {
                through: Vec::new(),
                drv: drv_path.clone(),
                output: name.as_slice().into(),
            };
            let context = evaluator.contexts.single(element);
            let value = evaluator.heap.new_string(&text, context);
            attrs.push((evaluator.symbols.intern(name), value));
        }
        Ok(evaluator.make_attrs(&attrs))
    }

    fn choose_outputs(
        &mut self,
        evaluator: &mut Evaluator,
        derivation: &mut Derivation<'static>,
        only_out: bool,
    ) -> R<()> {
        if let Some(hash) = &self.output_hash {
            if !only_out {
                return evaluator
                    .fail("multiple outputs are not supported in fixed-output derivations");
            }
            let hash = parse_hash(evaluator, hash, self.algorithm)?;
            let method = self.method.unwrap_or(Method::Flat);
            let address = ContentAddress { method, hash };
            derivation
                .outputs
                .insert(Cow::Borrowed(b"out"), Output::Fixed(address));
            // Whatever the expression gave as `out` is replaced by the path.
            derivation
                .env
                .insert(Cow::Borrowed(b"out"), Cow::Borrowed(b""));
            return Ok(());
        }
        if self.content_addressed && self.impure {
            return evaluator.fail("derivation cannot be both content-addressed and impure");
        }
        let floating = self.content_addressed || self.impure;
        let algorithm = self.algorithm.unwrap_or(Algorithm::Sha256);
        let method = self.method.unwrap_or(Method::Nar);
        for name in &self.outputs {
            let (output, value) = if self.impure {
                (Output::Impure { method, algorithm }, placeholder(name))
            } else if floating {
                (Output::Floating { method, algorithm }, placeholder(name))
            } else {
                (Output::Deferred, String::new())
            };
            derivation.outputs.insert(Cow::Owned(name.clone()), output);
            derivation
                .env
                .insert(Cow::Owned(name.clone()), Cow::Owned(value.into_bytes()));
        }
        Ok(())
    }
}

fn require(evaluator: &mut Evaluator, enabled: bool, feature: &str) -> R<()> {
    if enabled {
        return Ok(());
    }
    evaluator.fail(super::feature_is_disabled(feature))
}

fn plain_text(evaluator: &mut Evaluator, value: Value) -> R<Vec<u8>> {
    let text = evaluator.force_string_no_context(value, "")?;
    Ok(evaluator.heap.string(text).to_vec())
}

/// An algorithm, or none for a name that is none: Nix then complains about the hash.
#[expect(clippy::unnecessary_wraps, reason = "its siblings can fail")]
fn parse_algorithm(_: &mut Evaluator, text: &[u8]) -> R<Option<Algorithm>> {
    Ok(Algorithm::parse(text).ok())
}

/// A hash; an empty one is all zeros, with a warning.
pub(super) fn parse_hash(
    evaluator: &mut Evaluator,
    text: &[u8],
    algorithm: Option<Algorithm>,
) -> R<Hash> {
    evaluator.stand_in.read(text);
    let hash = match Hash::parse_any_or_empty(text, algorithm) {
        Ok(hash) => hash,
        Err(error) => return evaluator.fail(error.to_string()),
    };
    if text.is_empty() {
        let shown = hash.encode(nix_store::hash::Encoding::Sri);
        evaluator.say(format!("warning: found empty hash, assuming '{shown}'").as_bytes())?;
    }
    Ok(hash)
}

/// Everything that the attributes' strings depend on becomes an input.
fn add_inputs(
    evaluator: &mut Evaluator,
    derivation: &mut Derivation<'static>,
    context: ContextId,
) -> R<()> {
    let dir = evaluator.store_dir()?;
    let parse = |evaluator: &mut Evaluator, path: &[u8]| match dir.parse(path) {
        Ok(path) => Ok(path),
        Err(error) => evaluator.fail(error.to_string()),
    };
    for element in evaluator.contexts.elements(context) {
        match element {
            ContextElement::Opaque(path) => {
                let path = parse(evaluator, &path)?;
                derivation.input_sources.insert(path);
            }
            ContextElement::Built {
                through,
                drv,
                output,
            } => {
                let path = parse(evaluator, &drv)?;
                let through = through.iter().map(|name| Cow::Owned(name.to_vec()));
                derivation.add_input(path, through, Cow::Owned(output.to_vec()));
            }
            ContextElement::DrvDeep(path) => {
                let path = parse(evaluator, &path)?;
                for member in evaluator.derivation_closure(&path)? {
                    if let Some(record) = evaluator.store.derivations.get(&member) {
                        let outputs = record.outputs.keys().cloned().map(Cow::Owned).collect();
                        derivation.input_derivations.insert(member.clone(), outputs);
                    }
                    derivation.input_sources.insert(member);
                }
            }
        }
    }
    Ok(())
}
