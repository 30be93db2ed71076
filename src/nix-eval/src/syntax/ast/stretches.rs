//! The texts, names and parts of a tree's nodes, one after the other in a vector for each kind, and how a tree takes
//! the memory of another one over. What nodes are is no matter of this file.

use std::marker::PhantomData;

use super::{Ast, AttrName, Attrs, Expr, ExprId, Formal, Lambda, Part};

/// A stretch of one of the tree's vectors.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span<T> {
    start: u32,
    end: u32,
    of: PhantomData<T>,
}

impl<T> Default for Span<T> {
    fn default() -> Self {
        Self::new(0, 0)
    }
}

impl<T> Span<T> {
    fn new(start: usize, end: usize) -> Self {
        Self {
            start: start as u32,
            end: end as u32,
            of: PhantomData,
        }
    }

    pub(in crate::syntax) fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// How much there is.
    #[must_use]
    pub fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    /// Whether there is nothing.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }
}

/// Expressions of a tree whose memory is kept for another one, at most.
const MOST_RECYCLED: usize = 8192;

impl Ast {
    /// An empty tree that takes over the memory of this one, if it is no more than most files need.
    #[must_use]
    pub fn recycled(mut self) -> Self {
        if self.exprs.capacity() > MOST_RECYCLED {
            return Self::default();
        }
        for expr in self.exprs.drain(..) {
            if let Expr::Attrs(mut attrs) | Expr::Let(mut attrs, _) = expr {
                attrs.clear();
                self.spare.push(attrs);
            }
        }
        self.bytes.clear();
        self.ids.clear();
        self.names.clear();
        self.parts.clear();
        self.formals.clear();
        self.warnings.clear();
        self.root = None;
        self
    }

    /// An empty set.
    #[expect(clippy::unnecessary_box_returns, reason = "the box goes into the tree")]
    pub(in crate::syntax) fn new_attrs(&mut self) -> Box<Attrs> {
        self.spare.pop().unwrap_or_default()
    }

    /// A set is in no expression any more.
    pub(in crate::syntax) fn give_back(&mut self, mut attrs: Box<Attrs>) {
        attrs.clear();
        self.spare.push(attrs);
    }

    /// Adds a text.
    pub fn add_text(&mut self, text: &[u8]) -> Span<u8> {
        add(&mut self.bytes, text)
    }

    /// Adds what `write` writes.
    pub(in crate::syntax) fn write_text(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> Span<u8> {
        let start = self.bytes.len();
        write(&mut self.bytes);
        Span::new(start, self.bytes.len())
    }

    /// Adds an attribute path.
    pub fn add_path(&mut self, path: &[AttrName]) -> Span<AttrName> {
        add(&mut self.names, path)
    }

    /// Adds elements or arguments.
    pub fn add_ids(&mut self, ids: &[ExprId]) -> Span<ExprId> {
        add(&mut self.ids, ids)
    }

    /// The elements `ids` and one more.
    pub(in crate::syntax) fn with_one_more(
        &mut self,
        ids: Span<ExprId>,
        more: ExprId,
    ) -> Span<ExprId> {
        let start = self.ids.len();
        self.ids.extend_from_within(ids.range());
        self.ids.push(more);
        Span::new(start, self.ids.len())
    }

    /// Adds parts of a text, or operands.
    pub fn add_parts(&mut self, parts: &[Part]) -> Span<Part> {
        add(&mut self.parts, parts)
    }

    /// Adds arguments of a function.
    pub fn add_formals(&mut self, formals: &[Formal]) -> Span<Formal> {
        add(&mut self.formals, formals)
    }

    /// A text.
    #[must_use]
    pub fn text(&self, text: Span<u8>) -> &[u8] {
        &self.bytes[text.range()]
    }

    /// An attribute path.
    #[must_use]
    pub fn path(&self, path: Span<AttrName>) -> &[AttrName] {
        &self.names[path.range()]
    }

    /// Elements or arguments.
    #[must_use]
    pub fn ids(&self, ids: Span<ExprId>) -> &[ExprId] {
        &self.ids[ids.range()]
    }

    /// Parts of a text, or operands.
    #[must_use]
    pub fn parts(&self, parts: Span<Part>) -> &[Part] {
        &self.parts[parts.range()]
    }

    /// Arguments of a function.
    #[must_use]
    pub fn formals(&self, formals: Span<Formal>) -> &[Formal] {
        &self.formals[formals.range()]
    }

    /// The arguments of a function, where it takes a set.
    #[must_use]
    pub fn formals_of(&self, lambda: &Lambda) -> &[Formal] {
        let formals = lambda.formals.map(|formals| formals.formals);
        self.formals(formals.unwrap_or_default())
    }
}

fn add<T: Copy>(to: &mut Vec<T>, new: &[T]) -> Span<T> {
    let start = to.len();
    to.extend_from_slice(new);
    Span::new(start, to.len())
}
