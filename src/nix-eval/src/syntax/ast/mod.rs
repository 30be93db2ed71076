//! The syntax tree: nodes in one vector, referred to by index; their texts, names and parts are stretches of
//! others (`stretches.rs`). It lives from parsing to lowering.

mod stretches;

use crate::position::Position;
use crate::symbol::Symbol;
use crate::syntax::lint::Warning;

pub use stretches::Span;

/// Index of an expression in [`Ast::exprs`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ExprId(pub u32);

/// One syntax tree.
#[derive(Default)]
pub struct Ast {
    /// All expressions.
    pub exprs: Vec<Expr>,
    bytes: Vec<u8>,
    ids: Vec<ExprId>,
    pub(super) names: Vec<AttrName>,
    pub(super) parts: Vec<Part>,
    pub(super) formals: Vec<Formal>,
    /// Sets that are in no expression, and whose memory is taken over.
    #[expect(clippy::vec_box, reason = "the boxes go into the tree")]
    spare: Vec<Box<Attrs>>,
    /// The outermost expression.
    pub root: Option<ExprId>,
    /// What the lints said, in the order of the text.
    pub warnings: Vec<Warning>,
}

/// A part of an interpolated string or path, or an operand of `+`, with its place.
pub type Part = (Position, ExprId);

/// A name in an attribute path: known, or computed.
#[derive(Clone, Copy)]
pub enum AttrName {
    /// `.name` or `."name"`
    Static(Symbol),
    /// `.${expression}`
    Dynamic(ExprId),
}

/// How a static attribute was written, which decides the scope its value is resolved in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum AttrKind {
    /// `name = value;`
    Plain,
    /// `inherit name;`
    Inherited,
    /// `inherit (source) name;`
    InheritedFrom,
}

/// A static attribute of a set or `let`.
#[derive(Clone, Copy)]
pub struct Attr {
    /// Its name.
    pub name: Symbol,
    /// Its value; for [`AttrKind::InheritedFrom`] a [`Expr::Select`] from [`Expr::InheritFrom`].
    pub value: ExprId,
    /// Where it was written: the start of its path, or the identifier after `inherit`.
    pub position: Position,
    /// How it was written.
    pub kind: AttrKind,
}

/// An attribute with a computed name.
#[derive(Clone, Copy)]
pub struct DynamicAttr {
    /// The expression for its name.
    pub name: ExprId,
    /// Its value.
    pub value: ExprId,
    /// The start of its path.
    pub position: Position,
}

/// `{ … }`, `rec { … }` and the bindings of `let`.
#[derive(Default)]
pub struct Attrs {
    /// Whether the names are in scope in the values.
    pub recursive: bool,
    /// Where the set starts.
    pub position: Position,
    /// Static attributes, in order of writing.
    pub attrs: Vec<Attr>,
    /// Name to index in `attrs`, kept only for sets large enough to need it.
    pub index: rustc_hash::FxHashMap<Symbol, u32>,
    /// Attributes with computed names.
    pub dynamic: Vec<DynamicAttr>,
    /// The sources of `inherit (source) …`.
    pub inherit_from: Vec<ExprId>,
}

/// One argument of a function that takes a set.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Formal {
    /// Its name.
    pub name: Symbol,
    /// Where it was written.
    pub position: Position,
    /// Its default.
    pub default: Option<ExprId>,
}

/// The `{ a, b ? c, ... }` of a function.
#[derive(Clone, Copy)]
pub struct Formals {
    /// The arguments, sorted by symbol.
    pub formals: Span<Formal>,
    /// Whether other arguments are allowed.
    pub ellipsis: bool,
}

/// A function.
pub struct Lambda {
    /// Where it starts.
    pub position: Position,
    /// The attribute or variable that it was bound to, for messages.
    pub name: Option<Symbol>,
    /// The name of the whole argument.
    pub arg: Option<Symbol>,
    /// The set pattern.
    pub formals: Option<Formals>,
    /// Its body.
    pub body: ExprId,
}

/// Binary operators that are nodes of their own; the others call a builtin by name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum BinaryOp {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `&&`
    And,
    /// `||`
    Or,
    /// `->`
    Implies,
    /// `//`
    Update,
    /// `++`
    ConcatLists,
}

/// An expression.
pub enum Expr {
    /// An integer literal.
    Int(i64),
    /// A float literal.
    Float(f64),
    /// A string without interpolation.
    String(Span<u8>),
    /// A path without interpolation, absolute; a trailing slash is kept for what is appended.
    Path(Span<u8>),
    /// A variable.
    Var(Symbol, Position),
    /// Source number n of the enclosing set's `inherit (…)`.
    InheritFrom(u32),
    /// `set.path` or `set.path or default`
    Select {
        /// The set.
        set: ExprId,
        /// The path, of at least one name.
        path: Span<AttrName>,
        /// The default.
        default: Option<ExprId>,
        /// Where the selection starts; none for `let { body = … }`.
        position: Position,
    },
    /// `set ? path`
    HasAttr(ExprId, Span<AttrName>),
    /// A set.
    Attrs(Box<Attrs>),
    /// A list.
    List(Span<ExprId>),
    /// A function.
    Lambda(Box<Lambda>),
    /// A call with one or more arguments.
    Call {
        /// The function.
        function: ExprId,
        /// The arguments.
        args: Span<ExprId>,
        /// The start of the function, or the operator that was written.
        position: Position,
    },
    /// `let … in body`
    Let(Box<Attrs>, ExprId),
    /// `with set; body`
    With(ExprId, ExprId, Position),
    /// `if condition then a else b`
    If(ExprId, ExprId, ExprId, Position),
    /// `assert condition; body`
    Assert(ExprId, ExprId, Position),
    /// `!a`
    Not(ExprId),
    /// A binary operator, with the operator's place.
    Binary(BinaryOp, ExprId, ExprId, Position),
    /// `a + b`, an interpolated string (`force_string`) or an interpolated path.
    Concat {
        /// Whether the result is a string whatever the first part is.
        force_string: bool,
        /// The parts with their places.
        parts: Span<Part>,
        /// The operator, or the start of the string.
        position: Position,
    },
    /// `__curPos`
    CurrentPosition(Position),
    /// A literal that was taken out (`syntax/literals.rs`), by number.
    Literal(u32),
}

impl Ast {
    /// Adds an expression.
    pub fn add(&mut self, expr: Expr) -> ExprId {
        self.exprs.push(expr);
        ExprId(self.exprs.len() as u32 - 1)
    }

    /// The expression at `id`.
    #[must_use]
    pub fn get(&self, id: ExprId) -> &Expr {
        &self.exprs[id.0 as usize]
    }

    /// The expression at `id`, to change it.
    pub fn get_mut(&mut self, id: ExprId) -> &mut Expr {
        &mut self.exprs[id.0 as usize]
    }

    /// Calls `each` with every expression that is directly in the one at `id`, in the order of writing but
    /// for the names of attributes, which come before their values.
    pub fn each_part(&self, id: ExprId, mut each: impl FnMut(ExprId)) {
        let computed = |path: Span<AttrName>, each: &mut dyn FnMut(ExprId)| {
            for name in self.path(path) {
                if let AttrName::Dynamic(id) = *name {
                    each(id);
                }
            }
        };
        match self.get(id) {
            Expr::Int(_)
            | Expr::Float(_)
            | Expr::String(_)
            | Expr::Path(_)
            | Expr::Var(..)
            | Expr::InheritFrom(_)
            | Expr::CurrentPosition(_)
            | Expr::Literal(_) => {}
            Expr::Select {
                set, path, default, ..
            } => {
                each(*set);
                computed(*path, &mut each);
                default.iter().copied().for_each(each);
            }
            Expr::HasAttr(set, path) => {
                each(*set);
                computed(*path, &mut each);
            }
            Expr::Attrs(attrs) => attrs.each_part(each),
            Expr::List(elements) => self.ids(*elements).iter().copied().for_each(each),
            Expr::Lambda(lambda) => {
                let formals = self.formals_of(lambda).iter();
                formals
                    .filter_map(|formal| formal.default)
                    .for_each(&mut each);
                each(lambda.body);
            }
            Expr::Call { function, args, .. } => {
                each(*function);
                self.ids(*args).iter().copied().for_each(each);
            }
            Expr::Let(attrs, body) => {
                attrs.each_part(&mut each);
                each(*body);
            }
            Expr::With(first, second, _)
            | Expr::Assert(first, second, _)
            | Expr::Binary(_, first, second, _) => {
                each(*first);
                each(*second);
            }
            Expr::If(condition, then, otherwise, _) => {
                for part in [condition, then, otherwise] {
                    each(*part);
                }
            }
            Expr::Not(operand) => each(*operand),
            Expr::Concat { parts, .. } => {
                let parts = self.parts(*parts).iter();
                parts.for_each(|&(_, part)| each(part));
            }
        }
    }

    /// Tells the function (or chain of functions) at `id` the name it is bound to.
    pub fn set_name(&mut self, mut id: ExprId, name: Symbol) {
        while let Expr::Lambda(lambda) = self.get_mut(id) {
            lambda.name = Some(name);
            id = lambda.body;
        }
    }
}

/// From how many attributes on a set keeps an index by name while it is parsed.
const INDEX_FROM: usize = 16;

impl Attrs {
    fn clear(&mut self) {
        self.recursive = false;
        self.position = Position::NONE;
        self.attrs.clear();
        self.index.clear();
        self.dynamic.clear();
        self.inherit_from.clear();
    }

    /// Calls `each` with the expressions in it.
    fn each_part(&self, mut each: impl FnMut(ExprId)) {
        self.inherit_from.iter().copied().for_each(&mut each);
        self.attrs.iter().for_each(|attr| each(attr.value));
        for attr in &self.dynamic {
            each(attr.name);
            each(attr.value);
        }
    }

    /// The place in `attrs` of `name`.
    #[must_use]
    pub fn find(&self, name: Symbol) -> Option<usize> {
        if self.attrs.len() < INDEX_FROM {
            return self.attrs.iter().position(|a| a.name == name);
        }
        self.index.get(&name).map(|&i| i as usize)
    }

    /// Adds an attribute whose name is not there yet.
    pub fn push(&mut self, attr: Attr) {
        self.attrs.push(attr);
        let count = self.attrs.len();
        if count == INDEX_FROM {
            let indexed = self.attrs.iter().enumerate();
            self.index.extend(indexed.map(|(i, a)| (a.name, i as u32)));
        } else if count > INDEX_FROM {
            self.index.insert(attr.name, count as u32 - 1);
        }
    }
}
