//! What stands between the braces of a set, and between `let` and `in`.

use super::{ParseError, Parsed, Parser};
use crate::position::Position;
use crate::syntax::ast::{Attr, AttrKind, AttrName, Attrs, Expr};
use crate::syntax::attribute_path;
use crate::syntax::lexer::Token;

impl Parser<'_> {
    /// Bindings up to `end`, which is left as the current token.
    pub(super) fn binds(&mut self, end: Token) -> Parsed<Box<Attrs>> {
        let mut attrs = self.ast.new_attrs();
        while self.current.token != end {
            if self.current.token == Token::Inherit {
                self.inherit(&mut attrs)?;
                continue;
            }
            if !matches!(
                self.current.token,
                Token::Id | Token::Or | Token::Quote | Token::DollarCurly
            ) {
                return Err(
                    self.no_binding(end, attrs.attrs.is_empty() && attrs.dynamic.is_empty())
                );
            }
            let offset = self.current.start;
            let position = self.here();
            let path = self.attribute_path()?;
            if !self.is(b'=') {
                return Err(self.unexpected_but("'.' or '='"));
            }
            self.advance()?;
            // Each name but the last makes a set around the value.
            let levels = path.len() as u32 - 1;
            self.enter_levels(levels)?;
            let value = self.expr()?;
            self.depth -= levels;
            self.expect(Token::Byte(b';'))?;
            attribute_path::add(
                &mut self.ast,
                self.symbols,
                &mut attrs,
                &path,
                value,
                position,
            )
            .map_err(|duplicate| self.duplicate(&duplicate, offset))?;
        }
        Ok(attrs)
    }

    /// Where a binding should begin and something else stands.
    fn no_binding(&self, end: Token, first: bool) -> ParseError {
        match end {
            Token::In => self.unexpected_but("'in' or 'inherit'"),
            _ if first => self.unexpected(),
            _ => self.unexpected_but("'inherit'"),
        }
    }

    fn duplicate(&self, duplicate: &attribute_path::Duplicate, offset: usize) -> ParseError {
        let offset = match duplicate.position {
            Position::NONE => offset,
            position => (position.0 - self.options.base.0) as usize,
        };
        let path = String::from_utf8_lossy(&duplicate.path);
        ParseError {
            offset,
            message: format!("attribute '{path}' already defined at "),
            earlier: Some(duplicate.earlier),
        }
    }

    fn inherit(&mut self, attrs: &mut Attrs) -> Parsed<()> {
        self.advance()?;
        let mut source = None;
        if self.is(b'(') {
            self.advance()?;
            let from = self.expr()?;
            self.expect(Token::Byte(b')'))?;
            attrs.inherit_from.push(from);
            let number = attrs.inherit_from.len() as u32 - 1;
            source = Some(self.ast.add(Expr::InheritFrom(number)));
        }
        while !self.is(b';') {
            let offset = self.current.start;
            let position = self.here();
            let name = match self.attribute_name()? {
                AttrName::Static(name) => name,
                AttrName::Dynamic(_) => {
                    let message = "dynamic attributes not allowed in inherit".into();
                    return Err(ParseError::new(offset, message));
                }
            };
            if let Some(index) = attrs.find(name) {
                let name = String::from_utf8_lossy(self.symbols.name(name));
                return Err(ParseError {
                    offset,
                    message: format!("attribute '{name}' already defined at "),
                    earlier: Some(attrs.attrs[index].position),
                });
            }
            let (value, kind) = match source {
                None => (self.ast.add(Expr::Var(name, position)), AttrKind::Inherited),
                Some(set) => {
                    let path = self.ast.add_path(&[AttrName::Static(name)]);
                    let select = Expr::Select {
                        set,
                        path,
                        default: None,
                        position,
                    };
                    (self.ast.add(select), AttrKind::InheritedFrom)
                }
            };
            attrs.push(Attr {
                name,
                value,
                position,
                kind,
            });
        }
        self.advance()
    }
}
