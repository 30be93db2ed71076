//! A syntax tree as text, in the form `nix-instantiate --parse` prints: fully parenthesised,
//! attributes and formals in lexicographic order (Nix's `nixexpr.cc`, `Expr::show`).

use crate::print::literal;
use crate::symbol::{Symbol, SymbolTable};
use crate::syntax::ast::{Ast, AttrKind, AttrName, Attrs, BinaryOp, Expr, ExprId, Lambda};

/// The text of the expression at `id`.
#[must_use]
pub fn expression(ast: &Ast, symbols: &SymbolTable, id: ExprId) -> Vec<u8> {
    let mut shower = Shower {
        ast,
        symbols,
        out: Vec::new(),
    };
    shower.expr(id);
    shower.out
}

/// A name, quoted where it has to be.
pub fn identifier(out: &mut Vec<u8>, name: &[u8]) {
    literal::identifier(out, name);
}

/// An attribute path.
pub fn attribute_path(out: &mut Vec<u8>, ast: &Ast, symbols: &SymbolTable, path: &[AttrName]) {
    let mut shower = Shower {
        ast,
        symbols,
        out: std::mem::take(out),
    };
    shower.path(path);
    *out = shower.out;
}

struct Shower<'a> {
    ast: &'a Ast,
    symbols: &'a SymbolTable,
    out: Vec<u8>,
}

impl Shower<'_> {
    fn text(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn name(&mut self, name: Symbol) {
        literal::identifier(&mut self.out, self.symbols.name(name));
    }

    fn path(&mut self, path: &[AttrName]) {
        for (index, name) in path.iter().enumerate() {
            if index > 0 {
                self.text(".");
            }
            match *name {
                AttrName::Static(name) => self.name(name),
                AttrName::Dynamic(expr) => {
                    self.text("\"${");
                    self.expr(expr);
                    self.text("}\"");
                }
            }
        }
    }

    fn expr(&mut self, id: ExprId) {
        match self.ast.get(id) {
            Expr::Int(value) => self.text(&value.to_string()),
            Expr::Float(value) => {
                let text = crate::print::float(*value);
                self.text(&text);
            }
            Expr::String(text) => literal::string(&mut self.out, self.ast.text(*text)),
            Expr::Path(path) => self.out.extend_from_slice(self.ast.text(*path)),
            Expr::Var(name, _) => self.name(*name),
            Expr::InheritFrom(_) => self.text("(/* expanded inherit (expr) */ null)"),
            Expr::Select {
                set, path, default, ..
            } => {
                self.text("(");
                self.expr(*set);
                self.text(").");
                self.path(self.ast.path(*path));
                if let Some(default) = default {
                    self.text(" or (");
                    self.expr(*default);
                    self.text(")");
                }
            }
            Expr::HasAttr(set, path) => {
                self.text("((");
                self.expr(*set);
                self.text(") ? ");
                self.path(self.ast.path(*path));
                self.text(")");
            }
            Expr::Attrs(attrs) => {
                self.text(if attrs.recursive { "rec { " } else { "{ " });
                self.bindings(attrs);
                self.text("}");
            }
            Expr::List(elements) => {
                self.text("[ ");
                for &element in self.ast.ids(*elements) {
                    self.text("(");
                    self.expr(element);
                    self.text(") ");
                }
                self.text("]");
            }
            Expr::Literal(number) => self.text(&format!("«{number}»")),
            Expr::Lambda(lambda) => self.lambda(lambda),
            Expr::Call { function, args, .. } => {
                self.text("(");
                self.expr(*function);
                for &arg in self.ast.ids(*args) {
                    self.text(" ");
                    self.expr(arg);
                }
                self.text(")");
            }
            Expr::Let(attrs, body) => {
                self.text("(let ");
                self.bindings(attrs);
                self.text("in ");
                self.expr(*body);
                self.text(")");
            }
            Expr::With(set, body, _) => {
                self.text("(with ");
                self.expr(*set);
                self.text("; ");
                self.expr(*body);
                self.text(")");
            }
            Expr::If(condition, then, otherwise, _) => {
                self.text("(if ");
                self.expr(*condition);
                self.text(" then ");
                self.expr(*then);
                self.text(" else ");
                self.expr(*otherwise);
                self.text(")");
            }
            Expr::Assert(condition, body, _) => {
                self.text("assert ");
                self.expr(*condition);
                self.text("; ");
                self.expr(*body);
            }
            Expr::Not(operand) => {
                self.text("(! ");
                self.expr(*operand);
                self.text(")");
            }
            Expr::Binary(op, left, right, _) => {
                self.text("(");
                self.expr(*left);
                self.text(match op {
                    BinaryOp::Equal => " == ",
                    BinaryOp::NotEqual => " != ",
                    BinaryOp::And => " && ",
                    BinaryOp::Or => " || ",
                    BinaryOp::Implies => " -> ",
                    BinaryOp::Update => " // ",
                    BinaryOp::ConcatLists => " ++ ",
                });
                self.expr(*right);
                self.text(")");
            }
            Expr::Concat { parts, .. } => {
                self.text("(");
                for (index, &(_, part)) in self.ast.parts(*parts).iter().enumerate() {
                    if index > 0 {
                        self.text(" + ");
                    }
                    self.expr(part);
                }
                self.text(")");
            }
            Expr::CurrentPosition(_) => self.text("__curPos"),
        }
    }

    fn lambda(&mut self, lambda: &Lambda) {
        self.text("(");
        if let Some(formals) = &lambda.formals {
            self.text("{ ");
            let mut sorted: Vec<_> = self.ast.formals(formals.formals).iter().collect();
            sorted.sort_by_key(|f| self.symbols.name(f.name));
            for (index, formal) in sorted.iter().enumerate() {
                if index > 0 {
                    self.text(", ");
                }
                self.name(formal.name);
                if let Some(default) = formal.default {
                    self.text(" ? ");
                    self.expr(default);
                }
            }
            if formals.ellipsis {
                self.text(if sorted.is_empty() { "..." } else { ", ..." });
            }
            self.text(" }");
            if lambda.arg.is_some() {
                self.text(" @ ");
            }
        }
        if let Some(arg) = lambda.arg {
            self.name(arg);
        }
        self.text(": ");
        self.expr(lambda.body);
        self.text(")");
    }

    fn bindings(&mut self, attrs: &Attrs) {
        let mut sorted: Vec<_> = attrs.attrs.iter().collect();
        sorted.sort_by_key(|a| self.symbols.name(a.name));
        let of_kind = |kind| sorted.iter().filter(move |a| a.kind == kind);
        if of_kind(AttrKind::Inherited).next().is_some() {
            self.text("inherit");
            for attr in of_kind(AttrKind::Inherited) {
                self.text(" ");
                self.name(attr.name);
            }
            self.text("; ");
        }
        for (number, &source) in attrs.inherit_from.iter().enumerate() {
            let names: Vec<_> = of_kind(AttrKind::InheritedFrom)
                .filter(|a| self.inherits_from(a.value) == Some(number as u32))
                .collect();
            if names.is_empty() {
                continue;
            }
            self.text("inherit (");
            self.expr(source);
            self.text(")");
            for attr in names {
                self.text(" ");
                self.name(attr.name);
            }
            self.text("; ");
        }
        for attr in of_kind(AttrKind::Plain) {
            self.name(attr.name);
            self.text(" = ");
            self.expr(attr.value);
            self.text("; ");
        }
        for attr in &attrs.dynamic {
            self.text("\"${");
            self.expr(attr.name);
            self.text("}\" = ");
            self.expr(attr.value);
            self.text("; ");
        }
    }

    fn inherits_from(&self, select: ExprId) -> Option<u32> {
        let Expr::Select { set, .. } = self.ast.get(select) else {
            return None;
        };
        match self.ast.get(*set) {
            Expr::InheritFrom(number) => Some(*number),
            _ => None,
        }
    }
}
