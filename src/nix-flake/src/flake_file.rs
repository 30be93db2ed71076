//! What `flake.nix` says about itself: description, inputs, and which inputs its `outputs` takes
//! (`readFlake` in `libflake/flake.cc`). Outputs are not evaluated here.

use std::collections::BTreeMap;

use nix_eval::eval::{Detail, R};
use nix_eval::heap::{ContextId, Kind};
use nix_eval::position::{Origin, Position};
use nix_eval::{Evaluator, Settings, Value};

use crate::error::{Error, Result};
use crate::input::Attributes;
use crate::lock::InputPath;
use crate::reference::{FlakeRef, ParseOptions, indirect};
use crate::system::System;

/// One input that a flake declares, or an override of one.
#[derive(Clone, Debug, Default)]
pub struct FlakeInput {
    /// Where it is.
    pub reference: Option<FlakeRef>,
    /// Whether it is not a flake.
    pub is_plain: bool,
    /// Which other input it is, from the root of the lock file.
    pub follows: Option<InputPath>,
    /// What its own inputs shall be.
    pub overrides: BTreeMap<String, FlakeInput>,
}

/// What a `flake.nix` declares.
#[derive(Clone, Debug, Default)]
pub struct FlakeFile {
    /// What it is, for people.
    pub description: Option<String>,
    /// Its inputs by name.
    pub inputs: BTreeMap<String, FlakeInput>,
    /// What it asks of its own source: `inputs.self.submodules`.
    pub own_attributes: Attributes,
}

/// Where the file is, for paths and messages.
pub(crate) struct Place<'a> {
    /// The folder of the flake, as the language sees it.
    pub folder: &'a str,
    /// The reference it was found by.
    pub reference: &'a FlakeRef,
    /// Its path in the lock file.
    pub path: &'a [String],
}

impl FlakeFile {
    /// Reads the text of a `flake.nix`.
    ///
    /// # Errors
    /// Where it is no flake.
    pub(crate) fn read(text: &[u8], place: &Place<'_>) -> Result<Self> {
        let settings = Settings {
            // What may stand in the file depends on what Nix would have to compute.
            exact_laziness: true,
            pure: true,
            ..Settings::default()
        };
        let outcome = nix_eval::with_stack(|| -> Result<Self> {
            let evaluator = Evaluator::new(settings, Box::new(System::default()))
                .map_err(Error::io("cannot reserve memory for reading flake.nix"))?;
            let mut reader = Reader { evaluator, place };
            reader.evaluator.start_on_this_stack();
            reader.file(text)
        });
        outcome
            .map_err(Error::io("cannot start a thread to read flake.nix"))?
            .ok_or_else(|| Error::rule("flake.nix needs more memory than there is"))?
    }
}

struct Reader<'a> {
    evaluator: Evaluator,
    place: &'a Place<'a>,
}

/// An attribute: name, value, place.
type Entry = (String, Value, Position);

impl Reader<'_> {
    fn done<T>(&mut self, result: R<T>) -> Result<T> {
        result.map_err(|raised| {
            let error = self.evaluator.take_error(raised);
            let report = self.evaluator.render(&error, Detail::Short);
            let report = report.trim_end();
            Error::rule(report.strip_prefix("error: ").unwrap_or(report))
        })
    }

    fn shown(&self, at: Position) -> String {
        self.evaluator.show_position(at)
    }

    fn expect(&mut self, value: Value, kind: Kind, name: &str, at: Position) -> Result<Value> {
        let forced = self.evaluator.force_trivial(value);
        let value = self.done(forced)?;
        if self.evaluator.heap.kind(value) == kind {
            return Ok(value);
        }
        let found = self.evaluator.describe(value);
        Err(Error::rule(format!(
            "expected {name} but got {found} at {}",
            self.shown(at)
        )))
    }

    fn text(&self, value: Value) -> String {
        String::from_utf8_lossy(self.evaluator.heap.string(value)).into_owned()
    }

    fn entries(&mut self, set: Value) -> Vec<Entry> {
        let (flat, shape) = self.evaluator.heap.flat(set);
        let heap = &self.evaluator.heap;
        (0..heap.shape_length(shape))
            .map(|index| {
                let name = self.evaluator.symbols.name(heap.shape_name(shape, index));
                (
                    String::from_utf8_lossy(name).into_owned(),
                    heap.attr_at(flat, index),
                    heap.shape_position(shape, index),
                )
            })
            .collect()
    }

    fn file(&mut self, text: &[u8]) -> Result<FlakeFile> {
        let path = format!("{}/flake.nix", self.place.folder);
        let origin = Origin::File(path.as_bytes().into());
        let folder = self.place.folder.to_owned();
        let value = self.evaluator.eval_text(text, origin, folder.as_bytes());
        let value = self.done(value)?;
        if !value.is_attrs() {
            return Err(Error::rule(format!(
                "file '{path}' must be an attribute set"
            )));
        }
        let mut flake = FlakeFile::default();
        let entries = self.entries(value);
        let find = |name: &str| entries.iter().find(|entry| entry.0 == name).cloned();
        if let Some((_, value, at)) = find("description") {
            let value = self.expect(value, Kind::String, "a string", at)?;
            flake.description = Some(self.text(value));
        }
        if let Some((_, value, at)) = find("inputs") {
            let (inputs, own) = self.inputs(value, at, true)?;
            flake.inputs = inputs;
            flake.own_attributes = own;
        }
        let Some((_, outputs, at)) = find("outputs") else {
            return Err(Error::rule(format!(
                "flake '{}' lacks attribute 'outputs'",
                self.place.reference.show()
            )));
        };
        let outputs = self.expect(outputs, Kind::Lambda, "a function", at)?;
        for (symbol, _, _) in self.evaluator.formals(outputs).unwrap_or_default() {
            let name = String::from_utf8_lossy(self.evaluator.symbols.name(symbol)).into_owned();
            if name != "self" && !flake.inputs.contains_key(&name) {
                let input = FlakeInput {
                    reference: Some(indirect(&name)?),
                    ..FlakeInput::default()
                };
                flake.inputs.insert(name, input);
            }
        }
        if let Some((_, config, at)) = find("nixConfig") {
            self.expect(config, Kind::Attrs, "a set", at)?;
        }
        for (name, _, at) in &entries {
            if !["description", "inputs", "outputs", "nixConfig"].contains(&name.as_str()) {
                return Err(Error::rule(format!(
                    "flake '{}' has an unsupported attribute '{name}', at {}",
                    self.place.reference.show(),
                    self.shown(*at)
                )));
            }
        }
        Ok(flake)
    }

    fn inputs(
        &mut self,
        value: Value,
        at: Position,
        may_name_self: bool,
    ) -> Result<(BTreeMap<String, FlakeInput>, Attributes)> {
        let set = self.expect(value, Kind::Attrs, "a set", at)?;
        let mut inputs = BTreeMap::new();
        let mut own = Attributes::default();
        for (name, value, at) in self.entries(set) {
            if name != "self" {
                let input = self.input(value, at)?;
                inputs.insert(name, input);
                continue;
            }
            if !may_name_self {
                return Err(Error::rule(format!(
                    "'self' input attribute not allowed at {}",
                    self.shown(at)
                )));
            }
            let set = self.expect(value, Kind::Attrs, "a set", at)?;
            for entry in self.entries(set) {
                self.attribute(&entry, &mut own)?;
            }
        }
        Ok((inputs, own))
    }

    fn attribute(&mut self, entry: &Entry, attributes: &mut Attributes) -> Result<()> {
        let (name, value, _) = entry;
        let heap = &self.evaluator.heap;
        match heap.kind(*value) {
            Kind::String => {
                let text = self.text(*value);
                attributes.set(name, &text);
            }
            Kind::Bool => attributes.set_truth(name, *value == Value::TRUE),
            Kind::Int => {
                let number = heap.int(*value);
                let number = u64::try_from(number).map_err(|_| {
                    Error::rule(format!(
                        "negative value given for flake input attribute {name}: {number}"
                    ))
                })?;
                attributes.set_number(name, number);
            }
            _ => {
                return Err(Error::rule(format!(
                    "flake input attribute '{name}' is {} while a string, Boolean, or integer is \
                     expected",
                    self.evaluator.describe(*value)
                )));
            }
        }
        Ok(())
    }

    fn input(&mut self, value: Value, at: Position) -> Result<FlakeInput> {
        let set = self.expect(value, Kind::Attrs, "a set", at)?;
        let mut input = FlakeInput::default();
        let mut attributes = Attributes::default();
        let mut url = None;
        for entry in self.entries(set) {
            let (name, value, at) = (entry.0.as_str(), entry.1, entry.2);
            match name {
                "url" => {
                    let text = self.url(value, at)?;
                    attributes.set("url", &text);
                    url = Some(text);
                }
                "flake" => {
                    let value = self.expect(value, Kind::Bool, "a Boolean", at)?;
                    input.is_plain = value != Value::TRUE;
                }
                "inputs" => input.overrides = self.inputs(value, at, false)?.0,
                "follows" => {
                    let value = self.expect(value, Kind::String, "a string", at)?;
                    let mut follows = self.place.path.to_vec();
                    follows.extend(crate::lock::parse_input_path(&self.text(value))?);
                    input.follows = Some(follows);
                }
                _ => self.attribute(&entry, &mut attributes)?,
            }
        }
        if attributes.contains("type") {
            input.reference = Some(FlakeRef::from_attributes(&attributes)?);
        } else {
            attributes.remove("url");
            if let Some(name) = attributes.names().next() {
                return Err(Error::rule(format!(
                    "unexpected flake input attribute '{name}', at {}",
                    self.shown(at)
                )));
            }
            if let Some(url) = url {
                let options = ParseOptions {
                    allow_missing: true,
                    any_source: input.is_plain,
                    keep_relative: true,
                    ..ParseOptions::default()
                };
                input.reference = Some(FlakeRef::parse(&url, options)?);
            }
        }
        if input.reference.is_some() && input.follows.is_some() {
            return Err(Error::rule(format!(
                "flake input has both a flake reference and a follows attribute, at {}",
                self.shown(at)
            )));
        }
        Ok(input)
    }

    fn url(&mut self, value: Value, at: Position) -> Result<String> {
        let forced = self.evaluator.force_trivial(value);
        let value = self.done(forced)?;
        match self.evaluator.heap.kind(value) {
            Kind::String => {
                debug_assert!(self.evaluator.heap.string_context(value) == ContextId::EMPTY);
                Ok(self.text(value))
            }
            Kind::Path => {
                let path = String::from_utf8_lossy(self.evaluator.heap.path(value)).into_owned();
                Ok(format!("path:{}", relative(&path, self.place.folder)))
            }
            _ => Err(Error::rule(format!(
                "expected a string or a path but got {} at {}",
                self.evaluator.describe(value),
                self.shown(at)
            ))),
        }
    }
}

/// `path` as seen from `folder`; both are absolute.
fn relative(path: &str, folder: &str) -> String {
    let parts = |path: &str| -> Vec<String> {
        let names = path.split('/').filter(|name| !name.is_empty());
        names.map(str::to_owned).collect()
    };
    let (path, folder) = (parts(path), parts(folder));
    let common = path.iter().zip(&folder).take_while(|(a, b)| a == b).count();
    let mut out = vec![".."; folder.len() - common];
    out.extend(path[common..].iter().map(String::as_str));
    if out.is_empty() {
        ".".to_owned()
    } else {
        out.join("/")
    }
}
