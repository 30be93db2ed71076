//! The tables of an evaluation that saved values need: names, contexts, sources, files, calls, what
//! was put into the store. Numbers in them are those that the values hold.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use nix_store::StorePath;
use nix_store::derivation::ModuloHash;
use rustc_hash::FxHashSet;

use super::argument::{put_element, take_element};
use super::demand::Demand;
use super::{Call, Function, Source};
use crate::eval::{DerivationRecord, Evaluator, StoreContent};
use crate::heap::{ContextElement, Value};
use crate::ir;
use crate::position::{Origin, Position};
use crate::saved::bytes::{Reader, Writer};
use crate::saved::{Digest, Ends, ends_of};
use crate::symbol::{Names, Symbol};

/// Where something lies among what the tables point to.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) offset: u64,
    pub(super) length: u32,
}

/// A source whose text is read when it is needed.
pub(super) struct SavedSource {
    pub(super) path: Vec<u8>,
    pub(super) is_internal: bool,
    pub(super) base: u32,
    pub(super) text: Place,
}

/// What an evaluator had when what is in tables began.
#[derive(Clone, Copy)]
pub(crate) struct Below {
    /// Where its things ended.
    pub(crate) start: Ends,
    /// Where the positions end that every evaluator has.
    pub(super) positions: u32,
    /// Its contexts: elements, and sets of them.
    pub(super) elements: usize,
    pub(super) sets: usize,
    /// Whether it had adopted values.
    pub(crate) has_values: bool,
}

impl Below {
    /// Nothing but what every evaluator has.
    pub(super) fn nothing(start: Ends) -> Self {
        Self {
            start,
            positions: start.positions,
            elements: 0,
            sets: 0,
            has_values: false,
        }
    }
}

/// All tables.
pub(crate) struct Tables {
    /// Where a new evaluator's own things end, and where those of this one did.
    pub(crate) start: Ends,
    pub(super) end: Ends,
    /// How many parsed files there were beside, and which.
    pub(crate) parsed: (u32, Digest),
    /// What was read, in the world's words.
    pub(super) notes: Vec<u8>,
    pub(super) names: Names,
    pub(super) appeared: Vec<u32>,
    pub(super) elements: Vec<ContextElement>,
    pub(super) sets: Vec<Rc<[u32]>>,
    pub(super) sources: Vec<SavedSource>,
    pub(super) code_table: Place,
    pub(super) imports: Vec<(Vec<u8>, u32)>,
    pub(super) symbol_strings: Vec<u32>,
    pub(super) functions: Vec<(u32, Function)>,
    pub(super) flake: u32,
    pub(super) known: Vec<(Digest, u32)>,
    pub(super) calls: Vec<Call>,
    pub(super) demands: Vec<Demand>,
    pub(super) mounts: Vec<(StorePath, Rc<[u8]>)>,
    pub(super) contents: Vec<(StorePath, StoreContent)>,
    pub(super) copied: Vec<(Vec<u8>, StorePath)>,
    pub(super) hashed: Vec<(Source, [u8; 32])>,
    pub(super) allowed: Vec<Vec<u8>>,
    pub(super) derivations: Vec<(StorePath, Place)>,
}

/// What the tables point to.
#[derive(Default)]
struct More(Vec<u8>);

impl More {
    fn add(&mut self, bytes: &[u8]) -> Place {
        let offset = self.0.len() as u64;
        self.0.extend_from_slice(bytes);
        Place {
            offset,
            length: bytes.len() as u32,
        }
    }
}

impl Tables {
    /// What an evaluation adds to values that it adopted, and what these tables point to.
    pub(crate) fn beyond(evaluator: &Evaluator, below: Below) -> (Self, Vec<u8>) {
        let parsed = evaluator.saved_files_identity();
        Self::of(evaluator, below, parsed, Vec::new(), Vec::new())
    }

    /// The tables of an evaluator, as far as they go beyond what it began with, and what they point to.
    pub(super) fn of(
        evaluator: &Evaluator,
        below: Below,
        parsed: (u32, Digest),
        notes: Vec<u8>,
        demands: Vec<Demand>,
    ) -> (Self, Vec<u8>) {
        let start = below.start;
        let mut more = More::default();
        let end = ends_of(evaluator);
        let mut names = Names::default();
        for symbol in start.symbols..end.symbols {
            names.push(evaluator.symbols.name(Symbol(symbol)));
        }
        let in_order = || (0..end.symbols).collect();
        let appeared = evaluator.symbols.appearances();
        let appeared = appeared.map_or_else(in_order, <[u32]>::to_vec);
        let (elements, sets) = evaluator.contexts.tables();
        let sources = evaluator.positions.sources().filter_map(|source| {
            let (base, _) = source.range();
            // What the evaluator has of its own, or adopted, is there already.
            if base < below.positions || below.has_values && source.is_saved() {
                return None;
            }
            let (path, is_internal) = match &source.origin {
                Origin::File(path) => (path.to_vec(), false),
                Origin::Internal(name) => (name.as_bytes().to_vec(), true),
                Origin::String | Origin::Stdin => return None,
            };
            Some(SavedSource {
                path,
                is_internal,
                base,
                text: more.add(source.text()),
            })
        });
        let sources = sources.collect();
        let all = if below.has_values {
            evaluator.code_table.unsaved()
        } else {
            evaluator.code_table.all()
        };
        let mut code_table = Writer::default();
        let places = all.places.iter().map(|&(code, at)| (code, at.0));
        code_table.pairs(&places.collect::<Vec<_>>());
        let names_of = all.names.iter().map(|&(code, name)| (code, name.0));
        code_table.pairs(&names_of.collect::<Vec<_>>());
        let code_table = more.add(&code_table.0);
        let derivations = evaluator.store.derivations.iter().map(|(path, record)| {
            let mut out = Writer::default();
            put_derivation(&mut out, record);
            (path.clone(), more.add(&out.0))
        });
        let derivations = derivations.collect();
        let shared = &evaluator.shared;
        let imports = evaluator.imports.iter();
        let words = |values: &[Value]| values.iter().map(|value| value.to_word()).collect();
        let copied = evaluator.store.copied().iter();
        // What was adopted has these, and there is nothing more to save.
        let (calls, hashed) = if below.has_values {
            (Vec::new(), Vec::new())
        } else {
            (shared.calls.clone(), evaluator.hashed_sources())
        };
        let contents = evaluator.store_contents();
        let tables = Self {
            start,
            end,
            parsed,
            notes,
            names,
            appeared,
            elements: elements[below.elements..].to_vec(),
            sets: sets[below.sets..].to_vec(),
            sources,
            code_table,
            imports: imports
                .map(|(path, value)| (path.to_vec(), value.to_word()))
                .collect(),
            symbol_strings: words(&evaluator.symbol_strings),
            functions: shared
                .functions
                .iter()
                .map(|(&code, function)| (code, function.clone()))
                .collect(),
            flake: shared.flake.map_or(0, Value::to_word),
            known: shared
                .known
                .iter()
                .map(|(&digest, value)| (digest, value.to_word()))
                .collect(),
            calls,
            demands,
            mounts: shared.mounts.clone(),
            contents: contents
                .map(|(path, content)| (path.clone(), content.clone()))
                .collect(),
            copied: copied
                .map(|(source, stored)| (source.to_vec(), stored.clone()))
                .collect(),
            hashed,
            allowed: evaluator.settings.allowed_paths.clone().unwrap_or_default(),
            derivations,
        };
        (tables, more.0)
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::default();
        for ends in [self.start, self.end] {
            for word in [ends.data, ends.code, ends.positions, ends.symbols] {
                out.word(word);
            }
        }
        out.word(self.parsed.0);
        out.0.extend(self.parsed.1);
        out.bytes(&self.notes);
        out.names(&self.names);
        out.words(&self.appeared);
        list(&mut out, &self.elements, put_element);
        list(&mut out, &self.sets, |out, set| out.words(set));
        list(&mut out, &self.sources, |out, source| {
            out.bytes(&source.path);
            out.word(u32::from(source.is_internal));
            out.word(source.base);
            put_place(out, source.text);
        });
        put_place(&mut out, self.code_table);
        list(&mut out, &self.imports, |out, (path, value)| {
            out.bytes(path);
            out.word(*value);
        });
        out.words(&self.symbol_strings);
        list(&mut out, &self.functions, |out, (code, function)| {
            out.word(*code);
            let (kind, path): (u32, &[u8]) = match function {
                Function::File(path) => (0, path),
                Function::Elaborate(path) => (1, path),
                Function::Flake => (2, b""),
            };
            out.word(kind);
            out.bytes(path);
        });
        out.word(self.flake);
        list(&mut out, &self.known, |out, (digest, value)| {
            out.0.extend(digest);
            out.word(*value);
        });
        list(&mut out, &self.calls, |out, call| {
            out.bytes(&call.function);
            out.bytes(&call.argument);
        });
        list(&mut out, &self.demands, |out, demand| {
            out.0.extend(demand.call);
            list(out, &demand.path, |out, name| out.bytes(name));
        });
        list(&mut out, &self.mounts, |out, (path, real)| {
            put_path(out, path);
            out.bytes(real);
        });
        list(&mut out, &self.contents, put_content);
        list(&mut out, &self.copied, |out, (source, stored)| {
            out.bytes(source);
            put_path(out, stored);
        });
        list(&mut out, &self.hashed, |out, (source, hash)| {
            out.bytes(&source.path);
            out.word(u32::from(source.kept.is_some()));
            let kept = source.kept.as_deref().unwrap_or_default();
            list(out, kept, |out, path| out.bytes(path));
            out.0.extend(hash);
        });
        list(&mut out, &self.allowed, |out, path| out.bytes(path));
        list(&mut out, &self.derivations, |out, (path, place)| {
            put_path(out, path);
            put_place(out, *place);
        });
        out.0
    }

    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let mut from = Reader(bytes);
        let from = &mut from;
        let tables = Self {
            start: take_ends(from)?,
            end: take_ends(from)?,
            parsed: (from.word()?, from.take()?),
            notes: from.bytes()?,
            names: from.names()?,
            appeared: from.words()?,
            elements: take_list(from, take_element)?,
            sets: take_list(from, |from| Some(from.words()?.into()))?,
            sources: take_list(from, |from| {
                Some(SavedSource {
                    path: from.bytes()?,
                    is_internal: from.word()? != 0,
                    base: from.word()?,
                    text: take_place(from)?,
                })
            })?,
            code_table: take_place(from)?,
            imports: take_list(from, |from| Some((from.bytes()?, from.word()?)))?,
            symbol_strings: from.words()?,
            functions: take_list(from, |from| {
                let code = from.word()?;
                let kind = from.word()?;
                let path: Rc<[u8]> = from.bytes()?.into();
                let function = match kind {
                    0 => Function::File(path),
                    1 => Function::Elaborate(path),
                    2 => Function::Flake,
                    _ => return None,
                };
                Some((code, function))
            })?,
            flake: from.word()?,
            known: take_list(from, |from| Some((from.take()?, from.word()?)))?,
            calls: take_list(from, |from| {
                Some(Call {
                    function: from.bytes()?,
                    argument: from.bytes()?,
                })
            })?,
            demands: take_list(from, |from| {
                Some(Demand {
                    call: from.take()?,
                    path: take_list(from, take_bytes)?,
                })
            })?,
            mounts: take_list(from, |from| Some((take_path(from)?, from.bytes()?.into())))?,
            contents: take_list(from, take_content)?,
            copied: take_list(from, |from| Some((from.bytes()?, take_path(from)?)))?,
            hashed: take_list(from, |from| {
                let path = from.bytes()?;
                let is_filtered = from.word()? != 0;
                let kept = take_list(from, take_bytes)?;
                let kept = is_filtered.then_some(kept);
                Some((Source { path, kept }, from.take()?))
            })?,
            allowed: take_list(from, take_bytes)?,
            derivations: take_list(from, |from| Some((take_path(from)?, take_place(from)?)))?,
        };
        from.0.is_empty().then_some(tables)
    }
}

/// The tables of code, as [`Tables::code_table`] points to them.
pub(super) fn take_code_table(bytes: &[u8]) -> Option<ir::Part> {
    let mut from = Reader(bytes);
    let places = from.pairs()?.into_iter();
    let names = from.pairs()?.into_iter();
    Some(ir::Part {
        places: places.map(|(code, at)| (code, Position(at))).collect(),
        names: names.map(|(code, name)| (code, Symbol(name))).collect(),
    })
}

fn put_derivation(out: &mut Writer, record: &DerivationRecord) {
    out.bytes(&record.aterm);
    out.0.extend(record.modulo.digest);
    out.word(u32::from(record.modulo.deferred));
    out.number(record.outputs.len());
    for (name, path) in &record.outputs {
        out.bytes(name);
        let path = path.as_ref().map(|path| path.base_name().to_owned());
        out.bytes(path.unwrap_or_default().as_bytes());
    }
    for paths in [&record.input_sources, &record.input_derivations] {
        out.number(paths.len());
        for path in paths {
            put_path(out, path);
        }
    }
}

/// A derivation, as [`Tables::derivations`] points to it.
pub(super) fn take_derivation(bytes: &[u8]) -> Option<DerivationRecord> {
    let mut from = Reader(bytes);
    let from = &mut from;
    let aterm = from.bytes()?.into();
    let modulo = ModuloHash {
        digest: from.take()?,
        deferred: from.word()? != 0,
    };
    let outputs = take_list(from, |from| {
        let name = from.bytes()?;
        let path = from.bytes()?;
        let path = if path.is_empty() {
            None
        } else {
            Some(StorePath::parse(&path).ok()?)
        };
        Some((name, path))
    })?;
    Some(DerivationRecord {
        aterm,
        modulo,
        outputs: BTreeMap::from_iter(outputs),
        input_sources: BTreeSet::from_iter(take_list(from, take_path)?),
        input_derivations: BTreeSet::from_iter(take_list(from, take_path)?),
    })
}

fn put_content(out: &mut Writer, (path, content): &(StorePath, StoreContent)) {
    put_path(out, path);
    match content {
        StoreContent::Text(text) => {
            out.word(0);
            out.bytes(text);
        }
        StoreContent::Tree(real, kept) => {
            out.word(1 + u32::from(kept.is_some()));
            out.bytes(real);
            if let Some(kept) = kept {
                out.number(kept.len());
                for path in kept.iter() {
                    out.bytes(path);
                }
            }
        }
    }
}

fn take_content(from: &mut Reader<'_>) -> Option<(StorePath, StoreContent)> {
    let path = take_path(from)?;
    let kind = from.word()?;
    let bytes: Rc<[u8]> = from.bytes()?.into();
    let content = match kind {
        0 => StoreContent::Text(bytes),
        1 => StoreContent::Tree(bytes, None),
        2 => {
            let kept = take_list(from, take_bytes)?;
            StoreContent::Tree(bytes, Some(Rc::new(FxHashSet::from_iter(kept))))
        }
        _ => return None,
    };
    Some((path, content))
}

fn put_path(out: &mut Writer, path: &StorePath) {
    out.bytes(path.base_name().as_bytes());
}

fn take_bytes(from: &mut Reader<'_>) -> Option<Vec<u8>> {
    from.bytes()
}

fn take_path(from: &mut Reader<'_>) -> Option<StorePath> {
    StorePath::parse(&from.bytes()?).ok()
}

fn put_place(out: &mut Writer, place: Place) {
    out.0.extend(place.offset.to_le_bytes());
    out.word(place.length);
}

fn take_place(from: &mut Reader<'_>) -> Option<Place> {
    Some(Place {
        offset: u64::from_le_bytes(from.take()?),
        length: from.word()?,
    })
}

fn take_ends(from: &mut Reader<'_>) -> Option<Ends> {
    Some(Ends {
        data: from.word()?,
        code: from.word()?,
        positions: from.word()?,
        symbols: from.word()?,
    })
}

fn list<T>(out: &mut Writer, items: &[T], put: impl Fn(&mut Writer, &T)) {
    out.number(items.len());
    for item in items {
        put(out, item);
    }
}

fn take_list<T>(
    from: &mut Reader<'_>,
    take: impl Fn(&mut Reader<'_>) -> Option<T>,
) -> Option<Vec<T>> {
    let count = from.count(1)?;
    (0..count).map(|_| take(from)).collect()
}
