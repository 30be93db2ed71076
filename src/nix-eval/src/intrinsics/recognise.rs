//! Recognising functions in a syntax tree, while it is lowered.

use rustc_hash::FxHashSet;
use smallvec::SmallVec;

use super::known::TABLE;
use super::{At, COMPUTED, Known, fingerprint};
use crate::symbol::{Symbol, SymbolTable};
use crate::syntax::ast::{Ast, Attr, AttrKind, Attrs, Expr, ExprId};

/// A function that was recognised.
pub(crate) struct Recognised {
    /// Its index in the table.
    pub(crate) index: usize,
    /// The function that its value is, where it is one by itself or after `let`s.
    pub(crate) root: Option<ExprId>,
    /// What is evaluated in another way: the expression, and the number of the place.
    pub(crate) places: SmallVec<[(ExprId, usize); 4]>,
    /// The sets that are made for each place.
    pub(crate) literals: Vec<Vec<ExprId>>,
}

/// Where a variable leads, outside of the function.
pub(crate) enum Origin {
    /// To what it always means.
    Global,
    /// To a binding.
    Bound,
    /// Nowhere, or to a `with`.
    Unknown,
}

/// The function that is bound to `name`, if it is a known one.
pub(crate) fn recognise(
    ast: &Ast,
    symbols: &SymbolTable,
    name: Symbol,
    id: ExprId,
    origin: impl Fn(Symbol) -> Origin,
) -> Option<Recognised> {
    let text = symbols.name(name);
    let mut namesakes = TABLE
        .iter()
        .enumerate()
        .filter(|(_, known)| known.name.as_bytes() == text);
    let first = namesakes.next()?;
    let fingerprint = fingerprint::shown(ast, symbols, id)?;
    let has_it = |known: &Known| known.fingerprints.contains(&&*fingerprint);
    let (index, known) = std::iter::once(first)
        .chain(namesakes)
        .find(|(_, known)| has_it(known))?;
    let is_settled = |name: &Symbol| match origin(*name) {
        Origin::Global => true,
        Origin::Bound => {
            let text = symbols.name(*name);
            known
                .relies_on
                .iter()
                .any(|(relied, _)| relied.as_bytes() == text)
        }
        Origin::Unknown => false,
    };
    let is_there = |(name, _): &(&str, _)| {
        let symbol = symbols.find(name.as_bytes());
        symbol.is_some_and(|symbol| !matches!(origin(symbol), Origin::Unknown))
    };
    let is_whole = known.relies_on.iter().all(is_there);
    if !is_whole || !free_variables(ast, symbols, id).iter().all(is_settled) {
        return None;
    }
    let mut tree = Vec::new();
    collect(ast, id, &mut tree);
    let place = |(number, place): (usize, &super::Place)| {
        Some((find(ast, symbols, id, &tree, &place.at)?, number))
    };
    let places = known
        .places
        .iter()
        .enumerate()
        .map(place)
        .collect::<Option<_>>()?;
    // Of several sets with the same names the first is meant, and the second where they are named again.
    let literal = |(number, names): (usize, &&[&str]), all: &[&[&str]]| {
        let before = all[..number].iter().filter(|other| *other == names).count();
        let is_it = |&&id: &&ExprId| has_names(ast, symbols, id, names);
        tree.iter().filter(is_it).nth(before).copied()
    };
    let literals = known.places.iter().map(|place| {
        let all = place.literals;
        all.iter()
            .enumerate()
            .map(|one| literal(one, all))
            .collect()
    });
    Some(Recognised {
        index,
        root: innermost(ast, id),
        places,
        literals: literals.collect::<Option<_>>()?,
    })
}

/// An expression and all in it, from the outside in.
fn collect(ast: &Ast, id: ExprId, found: &mut Vec<ExprId>) {
    found.push(id);
    ast.each_part(id, |part| collect(ast, part, found));
}

/// The function that an expression is after its `let`s, or that it gives to the function that it calls.
fn innermost(ast: &Ast, mut id: ExprId) -> Option<ExprId> {
    loop {
        match ast.get(id) {
            Expr::Let(_, body) => id = *body,
            Expr::Call { args, .. } if args.len() == 1 => id = ast.ids(*args)[0],
            Expr::Lambda(_) => return Some(id),
            _ => return None,
        }
    }
}

fn find(ast: &Ast, symbols: &SymbolTable, id: ExprId, tree: &[ExprId], at: &At) -> Option<ExprId> {
    let bound = |wanted: &'static str| {
        let sets = tree.iter().filter_map(|&id| match ast.get(id) {
            Expr::Attrs(attrs) | Expr::Let(attrs, _) => Some(attrs),
            _ => None,
        });
        let attrs = sets.flat_map(|attrs| &attrs.attrs);
        let plain = attrs.filter(|attr| attr.kind == AttrKind::Plain);
        plain
            .filter(move |attr| symbols.name(attr.name) == wanted.as_bytes())
            .map(|attr| attr.value)
    };
    let calls = |id: &ExprId, wanted: &str| match ast.get(*id) {
        Expr::Call { function, .. } => match ast.get(*function) {
            Expr::Var(name, _) => symbols.name(*name) == wanted.as_bytes(),
            _ => false,
        },
        _ => false,
    };
    match *at {
        At::Itself => Some(id),
        At::Body => innermost(ast, id),
        At::Value(name) => bound(name).next(),
        At::Call(name, function) => bound(name).find(|id| calls(id, function)),
    }
}

/// Whether an expression is a set of just these names.
fn has_names(ast: &Ast, symbols: &SymbolTable, id: ExprId, names: &[&str]) -> bool {
    let Expr::Attrs(attrs) = ast.get(id) else {
        return false;
    };
    if names == COMPUTED {
        return attrs.attrs.is_empty() && attrs.dynamic.len() == 1;
    }
    let has = |name: &&str| {
        let mut attrs = attrs.attrs.iter();
        attrs.any(|attr| symbols.name(attr.name) == name.as_bytes())
    };
    attrs.dynamic.is_empty() && attrs.attrs.len() == names.len() && names.iter().all(has)
}

/// The variables of an expression that are bound outside of it, but for those of what is thrown.
fn free_variables(ast: &Ast, symbols: &SymbolTable, id: ExprId) -> FxHashSet<Symbol> {
    let mut search = Search {
        ast,
        symbols,
        bound: Vec::new(),
        free: FxHashSet::default(),
    };
    search.expr(id);
    search.free
}

struct Search<'a> {
    ast: &'a Ast,
    symbols: &'a SymbolTable,
    /// The names that are bound around the expression.
    bound: Vec<Symbol>,
    free: FxHashSet<Symbol>,
}

impl Search<'_> {
    fn within(&mut self, names: impl Iterator<Item = Symbol>, work: impl FnOnce(&mut Self)) {
        let outside = self.bound.len();
        self.bound.extend(names);
        work(self);
        self.bound.truncate(outside);
    }

    fn attrs(&mut self, attrs: &Attrs, scope: bool, body: Option<ExprId>) {
        let of_outside = |attr: &&Attr| attr.kind == AttrKind::Inherited;
        let (inherited, own): (Vec<&Attr>, Vec<&Attr>) = attrs.attrs.iter().partition(of_outside);
        for attr in inherited {
            self.expr(attr.value);
        }
        let names = attrs.attrs.iter().filter(|_| scope).map(|attr| attr.name);
        self.within(names, |search| {
            for &id in &attrs.inherit_from {
                search.expr(id);
            }
            for attr in own {
                search.expr(attr.value);
            }
            for attr in &attrs.dynamic {
                search.expr(attr.name);
                search.expr(attr.value);
            }
            if let Some(body) = body {
                search.expr(body);
            }
        });
    }

    fn expr(&mut self, id: ExprId) {
        let ast = self.ast;
        match ast.get(id) {
            Expr::Var(name, _) => {
                if !self.bound.contains(name) {
                    self.free.insert(*name);
                }
            }
            Expr::Attrs(attrs) => self.attrs(attrs, attrs.recursive, None),
            Expr::Let(attrs, body) => self.attrs(attrs, true, Some(*body)),
            Expr::Lambda(lambda) => {
                let formals = ast.formals_of(lambda).iter();
                let names = lambda
                    .arg
                    .into_iter()
                    .chain(formals.map(|formal| formal.name));
                self.within(names, |search| {
                    ast.each_part(id, |part| search.expr(part));
                });
            }
            Expr::Call { function, args, .. } if self.is_throw(*function) => {
                self.expr(*function);
                ast.ids(*args)[1..].iter().for_each(|&id| self.expr(id));
            }
            _ => ast.each_part(id, |part| self.expr(part)),
        }
    }

    fn is_throw(&self, function: ExprId) -> bool {
        fingerprint::is_throw(self.ast, self.symbols, function)
    }
}
