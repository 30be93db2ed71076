//! Expressions that need no parentheses: variables, literals, sets, lists.

use super::{Parsed, Parser};
use crate::position::Position;
use crate::symbol::known;
use crate::syntax::ast::{AttrName, Expr, ExprId};
use crate::syntax::lexer::Token;
use crate::syntax::lint::Lint;

impl Parser<'_> {
    pub(super) fn expr_simple(&mut self) -> Parsed<ExprId> {
        let start = self.here();
        let expr = match self.current.token {
            Token::Id => {
                if &self.text[self.current.start..self.current.end] == b"__curPos" {
                    Expr::CurrentPosition(start)
                } else {
                    Expr::Var(self.symbol_of(self.current), start)
                }
            }
            Token::Int(value) => Expr::Int(value),
            Token::Float(value) => Expr::Float(value),
            Token::Uri => {
                let url = &self.text[self.current.start..self.current.end];
                let level = self.options.lints.url_literals;
                self.lint(level, "lint-url-literals", || {
                    let word = if level == Lint::Fatal {
                        "disallowed"
                    } else {
                        "discouraged"
                    };
                    let url = String::from_utf8_lossy(url);
                    format!(
                        "URL literals are {word}. Consider using a string literal \"{url}\" instead"
                    )
                })?;
                Expr::String(self.ast.add_text(url))
            }
            Token::Quote => return self.string(),
            Token::IndentedOpen => return self.indented_string(),
            Token::Path | Token::HomePath => return self.path(),
            Token::SearchPath => {
                let name = &self.text[self.current.start + 1..self.current.end - 1];
                let name = Expr::String(self.ast.add_text(name));
                let name = self.ast.add(name);
                let path = self.ast.add(Expr::Var(known::NIX_PATH, Position::NONE));
                self.advance()?;
                return Ok(self.call_builtin(known::FIND_FILE, &[path, name], start));
            }
            Token::Byte(b'(') => {
                self.advance()?;
                let inner = self.expr()?;
                self.expect(Token::Byte(b')'))?;
                return Ok(inner);
            }
            Token::Byte(b'[') => return self.list(),
            Token::Byte(b'{') => return self.set(false),
            Token::Rec => {
                self.advance()?;
                let id = self.set(true)?;
                if let Expr::Attrs(attrs) = self.ast.get_mut(id) {
                    attrs.position = start;
                }
                return Ok(id);
            }
            Token::Let => {
                self.advance()?;
                let set = self.set(true)?;
                if let Expr::Attrs(attrs) = self.ast.get_mut(set) {
                    attrs.position = start;
                }
                let path = self.ast.add_path(&[AttrName::Static(known::BODY)]);
                return Ok(self.ast.add(Expr::Select {
                    set,
                    path,
                    default: None,
                    position: Position::NONE,
                }));
            }
            _ => return Err(self.unexpected()),
        };
        self.advance()?;
        Ok(self.ast.add(expr))
    }

    pub(super) fn set(&mut self, recursive: bool) -> Parsed<ExprId> {
        let position = self.here();
        self.expect(Token::Byte(b'{'))?;
        let mut attrs = self.binds(Token::Byte(b'}'))?;
        attrs.recursive = recursive;
        attrs.position = position;
        self.advance()?;
        Ok(self.ast.add(Expr::Attrs(attrs)))
    }

    pub(super) fn list(&mut self) -> Parsed<ExprId> {
        // Elements are no whole expressions, which would count for themselves.
        self.enter()?;
        self.advance()?;
        let start = self.ids.len();
        while !self.is(b']') {
            if !self.starts_simple() {
                return Err(self.no_argument());
            }
            let element = self.expr_select()?;
            self.ids.push(element);
        }
        self.advance()?;
        self.depth -= 1;
        let elements = self.ast.add_ids(&self.ids[start..]);
        self.ids.truncate(start);
        Ok(self.ast.add(Expr::List(elements)))
    }
}
