//! Files that may be edited while the values that were made of them are kept. A literal that changes
//! is put where the old one was; so is what a file holds that is read as data. Only what depends on
//! either is evaluated again (`taint.rs`). Any other change is none that can be made here: whoever asks
//! for it begins anew.
//!
//! What must not be noticed by values: that a file was read for its code, and what lies where, since both
//! are as they were after each edit that can be made.

use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::marks::{DATA, LITERALS, MarkSet, OWN, STEADY};
use super::{Evaluator, R};
use crate::heap::{ContextId, Value};
use crate::ir;
use crate::path;
use crate::position::Origin;
use crate::syntax::ast::Ast;
use crate::syntax::literals::{self, Literal};
use crate::syntax::show;

/// A tree that may be edited.
#[derive(Default)]
pub(crate) struct Editable {
    /// Where it is for programs, and where for the world; empty where there is none.
    shown: Vec<u8>,
    real: Vec<u8>,
    /// Files whose literals may be edited, by their path in the tree, with a text that they had before:
    /// literals that were edited then are likely to be edited again.
    wanted: FxHashMap<Vec<u8>, Vec<u8>>,
    /// What literals hold that are hardly ever edited.
    steady: FxHashSet<Vec<u8>>,
    files: FxHashMap<Vec<u8>, LiteralFile>,
    /// Files that are code, with all their literals.
    code: FxHashSet<Vec<u8>>,
    /// Files that were read as data.
    data: FxHashSet<Vec<u8>>,
    /// Whether a program was told a place in a file whose literals may be edited.
    is_place_told: bool,
    /// How many groups of literals got a mark.
    groups: u32,
    /// How many literals got a mark of their own.
    own: u32,
}

/// A file whose literals were taken out.
struct LiteralFile {
    /// What is left of it.
    rest: Vec<u8>,
    literals: Vec<Literal>,
    /// The thunks that hold them.
    cells: Vec<Value>,
    /// The mark of each, by its number.
    marks: Vec<u32>,
}

impl Editable {
    /// Whether there is no tree that may be edited.
    fn is_none(&self) -> bool {
        self.shown.is_empty()
    }

    /// Whether a literal is hardly ever edited.
    fn is_steady(&self, literal: &Literal) -> bool {
        match literal {
            Literal::String(text) => self.steady.contains(&**text),
            Literal::List(items) => {
                !items.is_empty() && items.iter().all(|item| self.is_steady(item))
            }
            _ => false,
        }
    }

    /// The place in the tree of a path as programs see it.
    fn place<'p>(&self, shown: &'p [u8]) -> Option<&'p [u8]> {
        let shown = (!self.is_none()).then_some(shown)?;
        path::below(shown, &self.shown)
    }
}

fn data_mark(at: &[u8]) -> MarkSet {
    let sum = at.iter().fold(0_u32, |sum, &byte| {
        sum.wrapping_mul(31).wrapping_add(u32::from(byte))
    });
    MarkSet::of(DATA.0 + sum % DATA.1)
}

impl Evaluator {
    /// Lets the files of a tree be edited: `shown` is where it is for programs, `real` where it is for
    /// the world; `wanted` are those of which literals may be edited, with what they held before the last
    /// edit. Strings that are `steady` are hardly ever edited, and much depends on them. Has to be said before
    /// any is read.
    pub fn allow_edits(
        &mut self,
        shown: &[u8],
        real: &[u8],
        wanted: impl IntoIterator<Item = (Vec<u8>, Vec<u8>)>,
        steady: impl IntoIterator<Item = Vec<u8>>,
    ) {
        self.editable = Editable {
            shown: shown.to_vec(),
            real: real.to_vec(),
            wanted: wanted.into_iter().collect(),
            steady: steady.into_iter().collect(),
            ..Editable::default()
        };
    }

    /// Where the tree that may be edited is for the world; empty where there is none.
    #[must_use]
    pub fn edited_tree(&self) -> &[u8] {
        &self.editable.real
    }

    /// Whether a path, as programs or as the world sees it, is in a tree that may be edited.
    pub(super) fn may_be_edited(&self, at: &[u8]) -> bool {
        let editable = &self.editable;
        let is_below = |root: &[u8]| path::below(at, root).is_some();
        !editable.is_none() && (is_below(&editable.shown) || is_below(&editable.real))
    }

    /// A file is read as data: what comes of it may change. It may be shown as the copy of another.
    pub(super) fn data_is_read(&mut self, shown: &[u8]) {
        if self.editable.is_none() {
            return;
        }
        if let Some(real) = self.real_path(shown)
            && let Some(at) = path::below(&real, &self.editable.real)
        {
            let marks = self.taint.table.marks(data_mark(at));
            self.taint_by(marks);
            self.editable.data.insert(at.to_vec());
        }
    }

    /// A file is read for its code. That taints nothing, since code is not edited.
    pub(super) fn code_is_read(&mut self, shown: &[u8]) {
        if let Some(at) = self.editable.place(shown) {
            let at = at.to_vec();
            self.editable.code.insert(at);
        }
    }

    /// The marks of what lies at a path for programs, be it a file or a folder.
    pub(super) fn marks_below(&self, shown: &[u8]) -> MarkSet {
        let Some(at) = self.editable.place(shown) else {
            return MarkSet::NONE;
        };
        let data = self.editable.data.iter();
        let within = data.filter(|file| at.is_empty() || path::is_within(file, at));
        within.fold(MarkSet::NONE, |marks, file| marks.and(data_mark(file)))
    }

    /// A place in a text is told to a program.
    pub(crate) fn place_was_told(&mut self, file: &[u8]) {
        let at = self.editable.place(file);
        let is_edited = at.is_some_and(|at| self.editable.wanted.contains_key(at));
        self.editable.is_place_told |= is_edited;
    }

    /// Code for the file at `path`, if it is one whose literals may be edited.
    pub(crate) fn editable_code(&mut self, path: &Rc<[u8]>, text: &Arc<[u8]>) -> Option<R<u32>> {
        let at = self.editable.place(path)?;
        let before = self.editable.wanted.get(at)?.clone();
        let at = at.to_vec();
        Some(self.lower_editable(path, text, at, &before))
    }

    fn lower_editable(
        &mut self,
        path: &Rc<[u8]>,
        text: &Arc<[u8]>,
        at: Vec<u8>,
        before: &[u8],
    ) -> R<u32> {
        let origin = Origin::File(path.clone());
        let mut ast = self.parse(text, origin, path::parent(path))?;
        let literals = literals::take(&mut ast, &self.symbols);
        let rest = self.rest(&ast);
        let count = literals.len();
        let mut marks = self.literal_marks(&literals);
        if let Some((_, old)) = self.taken_apart(path, before).filter(|old| old.0 == rest) {
            for (number, _) in old
                .iter()
                .zip(&literals)
                .enumerate()
                .filter(|(_, (a, b))| a != b)
            {
                marks[number] = self.own_mark();
            }
        }
        let mut cells = Vec::with_capacity(count);
        for (literal, &mark) in literals.iter().zip(&marks) {
            let value = self.literal_value(literal);
            let marks = self.taint.table.marks(MarkSet::of(mark));
            cells.push(self.heap.new_marked(value, marks.0));
        }
        let outer = ir::Outer {
            globals: &self.globals,
            variables: &[],
            literals: &cells,
        };
        let table = &mut self.code_table;
        let lowered = ir::lower(&ast, &outer, &mut self.heap, &self.symbols, table);
        let file = LiteralFile {
            rest,
            literals,
            cells,
            marks,
        };
        self.editable.files.insert(at, file);
        lowered.or_else(|error| self.undefined(&error))
    }

    /// Marks for literals, by their number: where there are too few, those that stand side by side have the same,
    /// since they are edited together.
    fn literal_marks(&mut self, literals: &[Literal]) -> Vec<u32> {
        let together = literals.len().div_ceil(LITERALS.1 as usize).max(1);
        let first = self.editable.groups;
        let mut others = 0;
        let marks = literals.iter().map(|literal| {
            if self.editable.is_steady(literal) {
                STEADY
            } else {
                let group = first + (others / together) as u32;
                others += 1;
                LITERALS.0 + group % LITERALS.1
            }
        });
        let marks = marks.collect();
        self.editable.groups += others.div_ceil(together) as u32;
        marks
    }

    /// A mark for a single literal, by its number.
    fn own_mark(&mut self) -> u32 {
        self.editable.own += 1;
        OWN.0 + self.editable.own % OWN.1
    }

    /// What is left of a tree whose literals were taken out.
    fn rest(&self, ast: &Ast) -> Vec<u8> {
        let root = ast.root;
        root.map_or_else(Vec::new, |root| show::expression(ast, &self.symbols, root))
    }

    /// A text as what is left of it, and its literals; `None` where it is no expression.
    fn taken_apart(&mut self, shown: &Rc<[u8]>, text: &[u8]) -> Option<(Vec<u8>, Vec<Literal>)> {
        let parsed = self.parse(
            &text.into(),
            Origin::File(shown.clone()),
            path::parent(shown),
        );
        match parsed {
            Ok(mut ast) => {
                let literals = literals::take(&mut ast, &self.symbols);
                Some((self.rest(&ast), literals))
            }
            Err(raised) => {
                self.take_error(raised);
                None
            }
        }
    }

    fn literal_value(&mut self, literal: &Literal) -> Value {
        match literal {
            Literal::Int(value) => self.heap.new_int(*value),
            Literal::Float(bits) => self.heap.new_float(f64::from_bits(*bits)),
            Literal::String(text) => self.heap.new_string(text, ContextId::EMPTY),
            Literal::Bool(truth) => Value::bool(*truth),
            Literal::Null => Value::NULL,
            Literal::List(items) => {
                let items: Vec<Value> = items.iter().map(|item| self.literal_value(item)).collect();
                self.heap.new_list(&items)
            }
        }
    }

    /// Makes an edit: files of the tree, by their path in it, with what they hold from now on. The
    /// world has to give the same from before this is called. `false` where this is not an edit that
    /// can be made, and then nothing that this evaluator says is of any use.
    pub fn edit(&mut self, changed: &[(&[u8], &[u8])]) -> bool {
        let mut marks = MarkSet::NONE;
        for &(at, text) in changed {
            if self.editable.files.contains_key(at) {
                // Whatever is edited, places move.
                if self.editable.is_place_told {
                    return false;
                }
                match self.edit_literals(at, text) {
                    Some(edited) => marks = marks.and(edited),
                    None => return false,
                }
            } else if self.editable.code.contains(at) {
                return false;
            }
            if self.editable.data.contains(at) {
                marks = marks.and(data_mark(at));
            }
        }
        for source in self.store.copied_sources() {
            if self.marks_below(&source).has_any(marks) {
                self.store.forget_copy(&source);
            }
        }
        self.settle(marks)
    }

    /// Puts the literals of a new text in place of those before, and returns the marks of those that
    /// differ; `None` where more than literals differ, or one that is steady.
    fn edit_literals(&mut self, at: &[u8], text: &[u8]) -> Option<MarkSet> {
        let shown: Rc<[u8]> = path::join(&self.editable.shown, at).into();
        let (rest, literals) = self.taken_apart(&shown, text)?;
        let mut file = self.editable.files.remove(at)?;
        if rest != file.rest || literals.len() != file.literals.len() {
            return None;
        }
        let mut changed = MarkSet::NONE;
        for (number, literal) in literals.into_iter().enumerate() {
            if literal == file.literals[number] {
                continue;
            }
            // Nearly everything depends on it, and is evaluated sooner where nothing has to be taken back.
            if file.marks[number] == STEADY {
                return None;
            }
            changed = changed.and(MarkSet::of(file.marks[number]));
            // All that read it before is evaluated anew, so the marks it had are nothing to it.
            if !(OWN.0..OWN.0 + OWN.1).contains(&file.marks[number]) {
                file.marks[number] = self.own_mark();
            }
            let value = self.literal_value(&literal);
            let marks = self.taint.table.marks(MarkSet::of(file.marks[number]));
            self.heap.finish_marked(file.cells[number], value, marks.0);
            file.literals[number] = literal;
        }
        self.editable.files.insert(at.to_vec(), file);
        Some(changed)
    }
}

mod bytes;
#[cfg(test)]
pub(crate) mod tests;
