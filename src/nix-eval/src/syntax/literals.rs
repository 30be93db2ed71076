//! The literals of a tree, taken out so that they can be changed without parsing and lowering the
//! file anew: what is left of two texts that differ in literals alone is the same tree.
//!
//! Numbers, strings without interpolation, `true`, `false` and `null`, and lists of nothing else.
//! Parts of interpolated strings stay.

use rustc_hash::FxHashSet;

use super::ast::{Ast, Expr, ExprId};
use crate::symbol::{Symbol, SymbolTable};

/// A literal.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// An integer.
    Int(i64),
    /// A float, by its bits: two that print alike are not the same.
    Float(u64),
    /// A string.
    String(Box<[u8]>),
    /// `true` or `false`.
    Bool(bool),
    /// `null`
    Null,
    /// A list of literals.
    List(Vec<Literal>),
}

/// Takes the literals out of a tree: in place of each there is its number.
#[must_use]
pub fn take(ast: &mut Ast, symbols: &SymbolTable) -> Vec<Literal> {
    let mut constants = Vec::new();
    let bound = bound_names(ast);
    for (name, literal) in [
        ("true", Literal::Bool(true)),
        ("false", Literal::Bool(false)),
        ("null", Literal::Null),
    ] {
        if let Some(symbol) = symbols.find(name.as_bytes())
            && !bound.contains(&symbol)
        {
            constants.push((symbol, literal));
        }
    }
    let words = Words::new(constants, ast);
    let mut found = Vec::new();
    let mut waiting: Vec<ExprId> = ast.root.into_iter().collect();
    while let Some(id) = waiting.pop() {
        if let Some(literal) = words.literal(ast, id) {
            *ast.get_mut(id) = Expr::Literal(found.len() as u32);
            found.push(literal);
        } else {
            waiting.extend(children(ast, id));
        }
    }
    found
}

/// What is a literal in a tree.
struct Words {
    /// The names that stand for literals.
    constants: Vec<(Symbol, Literal)>,
    /// The expressions that are literals, by number.
    are_literals: Vec<bool>,
}

impl Words {
    fn new(constants: Vec<(Symbol, Literal)>, ast: &Ast) -> Self {
        let mut are_literals: Vec<bool> = Vec::with_capacity(ast.exprs.len());
        // What is in a list comes before it.
        for expr in &ast.exprs {
            let is_literal = match expr {
                Expr::Int(_) | Expr::Float(_) | Expr::String(_) => true,
                Expr::Var(name, _) => constants.iter().any(|(symbol, _)| symbol == name),
                Expr::List(elements) => {
                    let known = |element: &ExprId| are_literals.get(element.0 as usize).copied();
                    let mut elements = ast.ids(*elements).iter();
                    elements.all(|element| known(element) == Some(true))
                }
                _ => false,
            };
            are_literals.push(is_literal);
        }
        Self {
            constants,
            are_literals,
        }
    }

    fn literal(&self, ast: &Ast, id: ExprId) -> Option<Literal> {
        if !self.are_literals[id.0 as usize] {
            return None;
        }
        Some(match ast.get(id) {
            Expr::Int(value) => Literal::Int(*value),
            Expr::Float(value) => Literal::Float(value.to_bits()),
            Expr::String(text) => Literal::String(ast.text(*text).into()),
            Expr::Var(name, _) => {
                let known = self.constants.iter().find(|(symbol, _)| symbol == name)?;
                known.1.clone()
            }
            Expr::List(elements) => {
                let elements = ast.ids(*elements).iter();
                let elements = elements.map(|&element| self.literal(ast, element));
                Literal::List(elements.collect::<Option<_>>()?)
            }
            _ => return None,
        })
    }
}

/// All names that a tree binds anywhere.
fn bound_names(ast: &Ast) -> FxHashSet<Symbol> {
    let mut names = FxHashSet::default();
    for expr in &ast.exprs {
        match expr {
            Expr::Attrs(attrs) | Expr::Let(attrs, _) => {
                names.extend(attrs.attrs.iter().map(|attr| attr.name));
            }
            Expr::Lambda(lambda) => {
                names.extend(lambda.arg);
                names.extend(ast.formals_of(lambda).iter().map(|formal| formal.name));
            }
            _ => {}
        }
    }
    names
}

/// The expressions in an expression in which literals may be changed.
fn children(ast: &Ast, id: ExprId) -> Vec<ExprId> {
    match *ast.get(id) {
        Expr::Concat { .. } => Vec::new(),
        // The condition is in the message of an assertion that fails.
        Expr::Assert(_, body, _) => vec![body],
        _ => {
            let mut parts = Vec::new();
            ast.each_part(id, |part| parts.push(part));
            parts
        }
    }
}
