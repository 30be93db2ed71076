//! Attribute names and paths of them.

use smallvec::smallvec;

use super::{AttrPath, Parsed, Parser};
use crate::syntax::ast::{AttrName, Expr};
use crate::syntax::lexer::Token;

impl Parser<'_> {
    pub(super) fn attribute_path(&mut self) -> Parsed<AttrPath> {
        let mut path: AttrPath = smallvec![self.attribute_name()?];
        while self.is(b'.') {
            self.advance()?;
            path.push(self.attribute_name()?);
        }
        Ok(path)
    }

    pub(super) fn attribute_name(&mut self) -> Parsed<AttrName> {
        match self.current.token {
            Token::Id | Token::Or => {
                let name = self.symbol_of(self.current);
                self.advance()?;
                Ok(AttrName::Static(name))
            }
            Token::Quote | Token::DollarCurly => {
                let expr = if self.current.token == Token::Quote {
                    self.string()?
                } else {
                    self.advance()?;
                    let expr = self.expr()?;
                    self.expect(Token::Byte(b'}'))?;
                    expr
                };
                Ok(match *self.ast.get(expr) {
                    Expr::String(text) => {
                        AttrName::Static(self.symbols.intern(self.ast.text(text)))
                    }
                    _ => AttrName::Dynamic(expr),
                })
            }
            _ => Err(self.unexpected()),
        }
    }
}
