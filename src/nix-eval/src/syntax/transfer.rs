//! A tree that was made with another table of names and with other positions, made one of this table.

use super::ast::{Ast, AttrName, Attrs, Expr};
use crate::position::Position;
use crate::symbol::Symbol;

/// From one table of names, and one place among positions, to another.
pub(crate) struct Transfer<'a> {
    /// The symbols of the new table, by those of the old one.
    pub(crate) symbols: &'a [Symbol],
    /// Where the text began.
    pub(crate) from: Position,
    /// Where it begins now.
    pub(crate) to: Position,
}

impl Ast {
    /// Has the tree speak of other names and positions.
    pub(crate) fn transfer(&mut self, transfer: &Transfer<'_>) {
        for name in &mut self.names {
            if let AttrName::Static(symbol) = name {
                transfer.symbol(symbol);
            }
        }
        for (position, _) in &mut self.parts {
            transfer.position(position);
        }
        for formal in &mut self.formals {
            transfer.symbol(&mut formal.name);
            transfer.position(&mut formal.position);
        }
        for expr in &mut self.exprs {
            if let Expr::Lambda(lambda) = expr
                && let Some(formals) = lambda.formals
            {
                let formals = &mut self.formals[formals.formals.range()];
                formals.sort_by_key(|f| (f.name, f.position));
            }
            transfer.expr(expr);
        }
    }
}

impl Transfer<'_> {
    fn symbol(&self, symbol: &mut Symbol) {
        *symbol = self.symbols[symbol.0 as usize];
    }

    fn position(&self, position: &mut Position) {
        if position.is_some() {
            position.0 = position.0 - self.from.0 + self.to.0;
        }
    }

    fn expr(&self, expr: &mut Expr) {
        match expr {
            Expr::Int(_)
            | Expr::Float(_)
            | Expr::String(_)
            | Expr::Path(_)
            | Expr::InheritFrom(_)
            | Expr::List(_)
            | Expr::HasAttr(..)
            | Expr::Not(_)
            | Expr::Literal(_) => {}
            Expr::Var(name, position) => {
                self.symbol(name);
                self.position(position);
            }
            Expr::Attrs(attrs) | Expr::Let(attrs, _) => self.attrs(attrs),
            Expr::Lambda(lambda) => {
                self.position(&mut lambda.position);
                for name in [&mut lambda.name, &mut lambda.arg].into_iter().flatten() {
                    self.symbol(name);
                }
            }
            Expr::Call { position, .. }
            | Expr::Select { position, .. }
            | Expr::Concat { position, .. }
            | Expr::With(_, _, position)
            | Expr::If(_, _, _, position)
            | Expr::Assert(_, _, position)
            | Expr::Binary(_, _, _, position)
            | Expr::CurrentPosition(position) => self.position(position),
        }
    }

    fn attrs(&self, attrs: &mut Attrs) {
        self.position(&mut attrs.position);
        for attr in &mut attrs.attrs {
            self.symbol(&mut attr.name);
            self.position(&mut attr.position);
        }
        for attr in &mut attrs.dynamic {
            self.position(&mut attr.position);
        }
        // It is of use while the set is parsed only.
        attrs.index.clear();
    }
}
