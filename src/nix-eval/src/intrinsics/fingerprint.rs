//! Fingerprints: a hash over the structure of an expression. Two expressions with one fingerprint mean the
//! same wherever their free variables do: names and literals are in it; places, comments and layout
//! are not, nor is what is given to `throw`, since nothing here evaluates that.

use crate::saved::digest;
use crate::symbol::{Symbol, SymbolTable};
use crate::syntax::ast::{Ast, AttrKind, AttrName, Attrs, BinaryOp, Expr, ExprId, Lambda};

/// The fingerprint of an expression, in hexadecimal; `None` where there is something in it that has none.
pub(super) fn shown(ast: &Ast, symbols: &SymbolTable, id: ExprId) -> Option<String> {
    let mut writer = Writer {
        ast,
        symbols,
        bytes: Vec::new(),
    };
    writer.expr(id)?;
    let fingerprint = u128::from_be_bytes(digest(&writer.bytes));
    Some(format!("{fingerprint:032x}"))
}

/// Whether what is called is `throw`: its argument is in no fingerprint.
pub(super) fn is_throw(ast: &Ast, symbols: &SymbolTable, function: ExprId) -> bool {
    matches!(ast.get(function), Expr::Var(name, _) if symbols.name(*name) == b"throw")
}

/// Writes expressions so that each reads in one way only: a letter for what it is, then its parts, all
/// texts and numbers of parts with their length.
struct Writer<'a> {
    ast: &'a Ast,
    symbols: &'a SymbolTable,
    bytes: Vec<u8>,
}

impl Writer<'_> {
    fn tag(&mut self, tag: u8) {
        self.bytes.push(tag);
    }

    fn number(&mut self, number: usize) {
        self.bytes.extend((number as u64).to_le_bytes());
    }

    fn text(&mut self, text: &[u8]) {
        self.number(text.len());
        self.bytes.extend(text);
    }

    fn name(&mut self, name: Symbol) {
        let symbols = self.symbols;
        self.text(symbols.name(name));
    }

    fn exprs(&mut self, ids: &[ExprId]) -> Option<()> {
        self.number(ids.len());
        ids.iter().try_for_each(|&id| self.expr(id))
    }

    fn optional(&mut self, id: Option<ExprId>) -> Option<()> {
        self.tag(u8::from(id.is_some()));
        id.map_or(Some(()), |id| self.expr(id))
    }

    fn path(&mut self, path: &[AttrName]) -> Option<()> {
        self.number(path.len());
        path.iter().try_for_each(|name| match *name {
            AttrName::Static(name) => {
                self.tag(b'n');
                self.name(name);
                Some(())
            }
            AttrName::Dynamic(id) => {
                self.tag(b'd');
                self.expr(id)
            }
        })
    }

    fn attrs(&mut self, attrs: &Attrs) -> Option<()> {
        self.tag(u8::from(attrs.recursive));
        self.number(attrs.attrs.len());
        for attr in &attrs.attrs {
            self.tag(match attr.kind {
                AttrKind::Plain => b'p',
                AttrKind::Inherited => b'i',
                AttrKind::InheritedFrom => b'f',
            });
            self.name(attr.name);
            self.expr(attr.value)?;
        }
        self.number(attrs.dynamic.len());
        for attr in &attrs.dynamic {
            self.expr(attr.name)?;
            self.expr(attr.value)?;
        }
        self.exprs(&attrs.inherit_from)
    }

    fn lambda(&mut self, lambda: &Lambda) -> Option<()> {
        self.tag(u8::from(lambda.arg.is_some()));
        if let Some(arg) = lambda.arg {
            self.name(arg);
        }
        self.tag(u8::from(lambda.formals.is_some()));
        if let Some(formals) = &lambda.formals {
            self.tag(u8::from(formals.ellipsis));
            let list = self.ast.formals(formals.formals);
            self.number(list.len());
            // They are kept by symbol, and symbols depend on what was read before.
            let mut sorted: Vec<_> = list.iter().collect();
            sorted.sort_by_key(|formal| self.symbols.name(formal.name));
            for formal in sorted {
                self.name(formal.name);
                self.optional(formal.default)?;
            }
        }
        self.expr(lambda.body)
    }

    fn expr(&mut self, id: ExprId) -> Option<()> {
        let ast = self.ast;
        match ast.get(id) {
            Expr::Int(value) => {
                self.tag(b'I');
                self.bytes.extend(value.to_le_bytes());
            }
            Expr::Float(value) => {
                self.tag(b'F');
                self.bytes.extend(value.to_bits().to_le_bytes());
            }
            Expr::String(text) => {
                self.tag(b'S');
                self.text(ast.text(*text));
            }
            Expr::Var(name, _) => {
                self.tag(b'V');
                self.name(*name);
            }
            Expr::InheritFrom(number) => {
                self.tag(b'J');
                self.number(*number as usize);
            }
            Expr::Select {
                set, path, default, ..
            } => {
                self.tag(b'.');
                self.expr(*set)?;
                self.path(ast.path(*path))?;
                self.optional(*default)?;
            }
            Expr::HasAttr(set, path) => {
                self.tag(b'?');
                self.expr(*set)?;
                self.path(ast.path(*path))?;
            }
            Expr::Attrs(attrs) => {
                self.tag(b'{');
                self.attrs(attrs)?;
            }
            Expr::List(elements) => {
                self.tag(b'[');
                self.exprs(ast.ids(*elements))?;
            }
            Expr::Lambda(lambda) => {
                self.tag(b':');
                self.lambda(lambda)?;
            }
            Expr::Call { function, args, .. } if is_throw(ast, self.symbols, *function) => {
                self.tag(b'T');
                self.exprs(&ast.ids(*args)[1..])?;
            }
            Expr::Call { function, args, .. } => {
                self.tag(b'C');
                self.expr(*function)?;
                self.exprs(ast.ids(*args))?;
            }
            Expr::Let(attrs, body) => {
                self.tag(b'L');
                self.attrs(attrs)?;
                self.expr(*body)?;
            }
            Expr::If(condition, then, otherwise, _) => {
                self.tag(b'=');
                for part in [condition, then, otherwise] {
                    self.expr(*part)?;
                }
            }
            Expr::Assert(condition, body, _) => {
                self.tag(b'A');
                self.expr(*condition)?;
                self.expr(*body)?;
            }
            Expr::Not(operand) => {
                self.tag(b'!');
                self.expr(*operand)?;
            }
            Expr::Binary(operator, left, right, _) => {
                self.tag(b'B');
                self.tag(match operator {
                    BinaryOp::Equal => b'e',
                    BinaryOp::NotEqual => b'n',
                    BinaryOp::And => b'a',
                    BinaryOp::Or => b'o',
                    BinaryOp::Implies => b'i',
                    BinaryOp::Update => b'u',
                    BinaryOp::ConcatLists => b'c',
                });
                self.expr(*left)?;
                self.expr(*right)?;
            }
            Expr::Concat {
                force_string,
                parts,
                ..
            } => {
                self.tag(b'+');
                self.tag(u8::from(*force_string));
                let parts = ast.parts(*parts);
                self.number(parts.len());
                parts.iter().try_for_each(|&(_, part)| self.expr(part))?;
            }
            // Paths and places differ with the file; `with` hides what a name means; a literal that was
            // taken out may change.
            Expr::Path(_) | Expr::CurrentPosition(_) | Expr::With(..) | Expr::Literal(_) => {
                return None;
            }
        }
        Some(())
    }
}
