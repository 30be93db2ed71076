//! Functions and what binds as loosely: `x: …`, `{ … }: …`, `assert`, `with`, `let`, `if`.

use super::{ParseError, Parsed, Parser};
use crate::position::Position;
use crate::symbol::Symbol;
use crate::syntax::ast::{Expr, ExprId, Formal, Formals, Lambda};
use crate::syntax::lexer::{Lexeme, Token};

/// The `{ a, b ? c, ... }` of a function whose body was not read yet.
struct Pattern {
    /// Where its arguments start in the parser's list.
    start: usize,
    ellipsis: bool,
}

impl Parser<'_> {
    pub(super) fn expr_function(&mut self) -> Parsed<ExprId> {
        let start = self.here();
        let token = self.current.token;
        match token {
            // Both bytes are tokens of their own wherever one may follow.
            Token::Id => match self.peek() {
                b':' => {
                    let arg = self.identifier()?;
                    self.lambda(start, Some(arg), None)
                }
                b'@' => {
                    let arg = self.identifier()?;
                    self.advance()?;
                    let formals = self.formals()?;
                    self.lambda(start, Some(arg), Some(formals))
                }
                _ => self.expr_if(),
            },
            Token::Byte(b'{') if self.formals_follow()? => self.set_lambda(start),
            Token::Assert => {
                self.advance()?;
                let condition = self.expr()?;
                self.expect(Token::Byte(b';'))?;
                let body = self.expr()?;
                Ok(self.ast.add(Expr::Assert(condition, body, start)))
            }
            Token::With => {
                self.advance()?;
                let set = self.expr()?;
                self.expect(Token::Byte(b';'))?;
                let body = self.expr()?;
                Ok(self.ast.add(Expr::With(set, body, start)))
            }
            Token::Let if self.peek() != b'{' => {
                self.advance()?;
                let attrs = self.binds(Token::In)?;
                if !attrs.dynamic.is_empty() {
                    let offset = (start.0 - self.options.base.0) as usize;
                    let message = "dynamic attributes not allowed in let".into();
                    return Err(ParseError::new(offset, message));
                }
                self.advance()?;
                let body = self.expr()?;
                Ok(self.ast.add(Expr::Let(attrs, body)))
            }
            _ => self.expr_if(),
        }
    }

    /// The colon and the body of a function. The argument's name becomes a symbol after those in
    /// the body, and only then are the formal arguments looked at: so it is in Nix.
    fn lambda(
        &mut self,
        position: Position,
        arg: Option<Lexeme>,
        pattern: Option<Pattern>,
    ) -> Parsed<ExprId> {
        self.expect(Token::Byte(b':'))?;
        let body = self.expr()?;
        let arg = arg.map(|name| self.symbol_of(name));
        let formals = pattern
            .map(|pattern| self.validated(&pattern, position, arg))
            .transpose()?;
        Ok(self.ast.add(Expr::Lambda(Box::new(Lambda {
            position,
            name: None,
            arg,
            formals,
            body,
        }))))
    }

    fn set_lambda(&mut self, start: Position) -> Parsed<ExprId> {
        let formals = self.formals()?;
        let mut arg = None;
        if self.is(b'@') {
            self.advance()?;
            arg = Some(self.identifier()?);
        }
        self.lambda(start, arg, Some(formals))
    }

    /// Whether the `{` here starts the pattern of a function rather than a set.
    fn formals_follow(&mut self) -> Parsed<bool> {
        let at = self.lexer.at;
        let first = self.lexer.next()?.token;
        let answer = match first {
            Token::Ellipsis => true,
            Token::Byte(b'}') => {
                matches!(
                    self.lexer.next().map(|l| l.token),
                    Ok(Token::Byte(b':' | b'@'))
                )
            }
            Token::Id => {
                matches!(
                    self.lexer.next().map(|l| l.token),
                    Ok(Token::Byte(b',' | b'?' | b'}'))
                )
            }
            _ => false,
        };
        self.lexer.at = at;
        Ok(answer)
    }

    /// `{ a, b ? c, ... }`
    fn formals(&mut self) -> Parsed<Pattern> {
        self.expect(Token::Byte(b'{'))?;
        let mut pattern = Pattern {
            start: self.formals.len(),
            ellipsis: false,
        };
        loop {
            match self.current.token {
                Token::Byte(b'}') => break,
                Token::Ellipsis => {
                    self.advance()?;
                    pattern.ellipsis = true;
                    self.expect_here(Token::Byte(b'}'))?;
                    break;
                }
                _ => {}
            }
            let position = self.here();
            let name = self.identifier()?;
            let default = if self.is(b'?') {
                self.advance()?;
                Some(self.expr()?)
            } else {
                None
            };
            let name = self.symbol_of(name);
            self.formals.push(Formal {
                name,
                position,
                default,
            });
            if self.is(b',') {
                self.advance()?;
            } else {
                self.expect_here(Token::Byte(b'}'))?;
            }
        }
        self.advance()?;
        Ok(pattern)
    }

    /// The arguments of a pattern, put into the tree, where no two have one name.
    fn validated(
        &mut self,
        pattern: &Pattern,
        start: Position,
        arg: Option<Symbol>,
    ) -> Parsed<Formals> {
        let formals = &mut self.formals[pattern.start..];
        formals.sort_unstable_by_key(|f| (f.name, f.position));
        let duplicate = formals
            .windows(2)
            .filter(|pair| pair[0].name == pair[1].name)
            .map(|pair| (pair[0].name, pair[1].position))
            .min();
        let duplicate = duplicate.or_else(|| {
            let arg = arg?;
            formals
                .iter()
                .any(|f| f.name == arg)
                .then_some((arg, start))
        });
        if let Some((name, position)) = duplicate {
            let name = String::from_utf8_lossy(self.symbols.name(name));
            return Err(ParseError::new(
                (position.0 - self.options.base.0) as usize,
                format!("duplicate formal function argument '{name}'"),
            ));
        }
        let formals = self.ast.add_formals(formals);
        self.formals.truncate(pattern.start);
        Ok(Formals {
            formals,
            ellipsis: pattern.ellipsis,
        })
    }

    fn expr_if(&mut self) -> Parsed<ExprId> {
        let start = self.here();
        if self.current.token == Token::If {
            self.advance()?;
            let condition = self.expr()?;
            self.expect(Token::Then)?;
            let then = self.expr()?;
            self.expect(Token::Else)?;
            let otherwise = self.expr()?;
            return Ok(self.ast.add(Expr::If(condition, then, otherwise, start)));
        }
        let first = self.expr_op(0)?;
        match self.current.token {
            Token::PipeFrom => self.pipe_from(first),
            Token::PipeInto => self.pipe_into(first),
            _ => Ok(first),
        }
    }
}
