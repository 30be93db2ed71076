//! Reading the `.drv` format, as loosely as Nix does: commas between elements may be missing, and
//! what follows the closing parenthesis is not looked at.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use bstr::{BString, ByteSlice};

use super::{Derivation, DynamicInput, Output, Text};
use crate::content_address::Method;
use crate::hash::{Hash, HashError};
use crate::store_dir::StoreDir;
use crate::store_path::{StorePath, StorePathError};

/// How deep derivations may be outputs of outputs.
const MOST_DEPTH: usize = 1000;

/// A text that is no derivation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("error parsing derivation '{name}' at byte {offset}: {problem}")]
pub struct ParseError {
    /// The derivation's name.
    pub name: BString,
    /// How many bytes were read.
    pub offset: usize,
    /// What is wrong there.
    pub problem: ParseProblem,
}

/// What is wrong with a text that should be a derivation. The messages are Nix's where it has one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseProblem {
    /// Other text where this should be.
    #[error("expected string '{0}'")]
    Expected(&'static str),
    /// A string without end.
    #[error("unterminated string in derivation")]
    UnterminatedString,
    /// Neither `Derive` nor a version.
    #[error("derivation does not start with 'Derive' or 'DrvWithVersion'")]
    Start,
    /// A form of derivations that is not known.
    #[error("Unknown derivation ATerm format version '{0}'")]
    Version(BString),
    /// Outputs of outputs nested too deep.
    #[error("dynamic outputs nested too deep")]
    Depth,
    /// A path that is not absolute.
    #[error("bad path '{0}' in derivation")]
    BadPath(BString),
    /// A path that is no store path.
    #[error(transparent)]
    StorePath(#[from] StorePathError),
    /// An output hash that is none.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// A path given for an output whose contents decide it.
    #[error("content-addressing derivation output should not specify output path")]
    FloatingPath,
    /// A path given for an impure output.
    #[error("impure derivation output should not specify output path")]
    ImpurePath,
}

impl<'text> Derivation<'text> {
    /// Reads the text of a `.drv` file; `name` is its name without that ending.
    ///
    /// # Errors
    ///
    /// [`ParseError`].
    pub fn parse(
        store: &StoreDir,
        name: &'text [u8],
        text: &'text [u8],
    ) -> Result<Self, ParseError> {
        let mut parser = Parser {
            store,
            text,
            offset: 0,
        };
        parser.derivation(name).map_err(|problem| ParseError {
            name: name.into(),
            offset: parser.offset,
            problem,
        })
    }
}

struct Parser<'text, 'store> {
    store: &'store StoreDir,
    text: &'text [u8],
    offset: usize,
}

impl<'text> Parser<'text, '_> {
    fn derivation(&mut self, name: &'text [u8]) -> Result<Derivation<'text>, ParseProblem> {
        match self.rest() {
            [b'D', b'e', ..] => self.expect("Derive(")?,
            [b'D', b'r', ..] => {
                self.expect("DrvWithVersion(")?;
                let version = self.string()?;
                if version.as_ref() != b"xp-dyn-drv" {
                    return Err(ParseProblem::Version(version.as_ref().into()));
                }
                self.expect(",")?;
            }
            [b'D', ..] => return Err(ParseProblem::Start),
            _ => return Err(ParseProblem::Expected("D")),
        }
        let mut outputs = BTreeMap::new();
        self.expect("[")?;
        while !self.end_of_list() {
            self.expect("(")?;
            let name = self.string()?;
            let output = self.output()?;
            outputs.entry(name).or_insert(output);
        }
        let mut input_derivations = BTreeMap::new();
        let mut dynamic_inputs = BTreeMap::new();
        self.expect(",[")?;
        while !self.end_of_list() {
            self.expect("(")?;
            let path = self.store_path()?;
            self.expect(",")?;
            let input = self.input(0)?;
            self.expect(")")?;
            if !input.dynamic.is_empty() {
                dynamic_inputs.insert(path.clone(), input.dynamic);
            }
            input_derivations.insert(path, input.outputs);
        }
        let mut input_sources = BTreeSet::new();
        self.expect(",[")?;
        while !self.end_of_list() {
            input_sources.insert(self.store_path()?);
        }
        self.expect(",")?;
        let system = self.string()?;
        self.expect(",")?;
        let builder = self.string()?;
        let mut args = Vec::new();
        self.expect(",[")?;
        while !self.end_of_list() {
            args.push(self.string()?);
        }
        let mut env = BTreeMap::new();
        self.expect(",[")?;
        while !self.end_of_list() {
            self.expect("(")?;
            let name = self.string()?;
            self.expect(",")?;
            let value = self.string()?;
            self.expect(")")?;
            env.insert(name, value);
        }
        self.expect(")")?;
        Ok(Derivation {
            name: Cow::Borrowed(name),
            outputs,
            input_sources,
            input_derivations,
            dynamic_inputs,
            system,
            builder,
            args,
            env,
        })
    }

    /// The outputs that are used of a derivation, and of those that are outputs of it.
    fn input(&mut self, depth: usize) -> Result<DynamicInput<'text>, ParseProblem> {
        if depth > MOST_DEPTH {
            return Err(ParseProblem::Depth);
        }
        let mut input = DynamicInput::default();
        let is_dynamic = self.rest().starts_with(b"(");
        if is_dynamic {
            self.expect("(")?;
        }
        self.expect("[")?;
        while !self.end_of_list() {
            input.outputs.insert(self.string()?);
        }
        if is_dynamic {
            self.expect(",[")?;
            while !self.end_of_list() {
                self.expect("(")?;
                let name = self.string()?;
                self.expect(",")?;
                let below = self.input(depth + 1)?;
                input.dynamic.insert(name, below);
                self.expect(")")?;
            }
            self.expect(")")?;
        }
        Ok(input)
    }

    fn output(&mut self) -> Result<Output, ParseProblem> {
        self.expect(",")?;
        let path = self.string()?;
        self.expect(",")?;
        let method = self.string()?;
        self.expect(",")?;
        let hash = self.string()?;
        self.expect(")")?;
        if method.is_empty() {
            if path.is_empty() {
                return Ok(Output::Deferred);
            }
            absolute(&path)?;
            return Ok(Output::InputAddressed(self.store.parse(&path)?));
        }
        let (method, algorithm) = Method::parse_with_algorithm(&method)?;
        match hash.as_ref() {
            b"impure" if path.is_empty() => Ok(Output::Impure { method, algorithm }),
            b"impure" => Err(ParseProblem::ImpurePath),
            b"" if path.is_empty() => Ok(Output::Floating { method, algorithm }),
            b"" => Err(ParseProblem::FloatingPath),
            digits => {
                absolute(&path)?;
                let hash = Hash::parse_unprefixed(digits, algorithm)?;
                Ok(Output::Fixed(crate::ContentAddress { method, hash }))
            }
        }
    }

    fn rest(&self) -> &'text [u8] {
        &self.text[self.offset..]
    }

    fn expect(&mut self, expected: &'static str) -> Result<(), ParseProblem> {
        if !self.rest().starts_with(expected.as_bytes()) {
            return Err(ParseProblem::Expected(expected));
        }
        self.offset += expected.len();
        Ok(())
    }

    fn end_of_list(&mut self) -> bool {
        match self.rest().first() {
            Some(b',') => {
                self.offset += 1;
                false
            }
            Some(b']') => {
                self.offset += 1;
                true
            }
            _ => false,
        }
    }

    fn store_path(&mut self) -> Result<StorePath, ParseProblem> {
        let path = self.string()?;
        absolute(&path)?;
        Ok(self.store.parse(&path)?)
    }

    fn string(&mut self) -> Result<Text<'text>, ParseProblem> {
        self.expect("\"")?;
        let mut unescaped: Option<Vec<u8>> = None;
        loop {
            let rest = self.rest();
            let Some(position) = rest.find_byteset(b"\"\\") else {
                return Err(ParseProblem::UnterminatedString);
            };
            let plain = &rest[..position];
            self.offset += position + 1;
            if rest[position] == b'"' {
                return Ok(match unescaped {
                    None => Cow::Borrowed(plain),
                    Some(mut text) => {
                        text.extend_from_slice(plain);
                        Cow::Owned(text)
                    }
                });
            }
            let Some(&escaped) = rest.get(position + 1) else {
                return Err(ParseProblem::UnterminatedString);
            };
            self.offset += 1;
            let text = unescaped.get_or_insert_with(Vec::new);
            text.extend_from_slice(plain);
            text.push(match escaped {
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                other => other,
            });
        }
    }
}

fn absolute(path: &[u8]) -> Result<(), ParseProblem> {
    if path.starts_with(b"/") {
        Ok(())
    } else {
        Err(ParseProblem::BadPath(path.into()))
    }
}
