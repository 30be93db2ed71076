//! Strings, indented strings and paths, with what is interpolated in them.

use super::{ParseError, Parsed, Parser};
use crate::position::Position;
use crate::syntax::ast::{Expr, ExprId};
use crate::syntax::indentation::{self, Part};
use crate::syntax::lexer::{Piece, Token};

impl Parser<'_> {
    /// An expression inside `${ … }`, whose braces are read here.
    fn interpolation(&mut self) -> Parsed<ExprId> {
        self.advance()?;
        let expr = self.expr()?;
        // What follows the brace is not a token: the lexer must not read on.
        self.expect_here(Token::Byte(b'}'))?;
        self.lexer.at = self.current.end;
        Ok(expr)
    }

    pub(super) fn string(&mut self) -> Parsed<ExprId> {
        let start = self.position(self.lexer.at);
        let mut parts: Vec<(Position, ExprId)> = Vec::new();
        let mut interpolated = false;
        loop {
            let at = self.position(self.lexer.at);
            match self.lexer.string_piece()? {
                Piece::Text(text, _) => parts.push((at, self.ast.add(Expr::String(text.into())))),
                Piece::Interpolation => {
                    interpolated = true;
                    let expr = self.interpolation()?;
                    parts.push((at, expr));
                }
                Piece::Close => break,
                Piece::End => return Err(self.end_of_file()),
            }
        }
        self.advance()?;
        Ok(match (&parts[..], interpolated) {
            ([], _) => self.ast.add(Expr::String(Box::default())),
            ([(_, text)], false) => *text,
            _ => {
                let parts = parts.into();
                self.ast.add(Expr::Concat {
                    force_string: true,
                    parts,
                    position: start,
                })
            }
        })
    }

    fn end_of_file(&self) -> ParseError {
        ParseError::new(
            self.text.len(),
            "syntax error, unexpected end of file".into(),
        )
    }

    pub(super) fn indented_string(&mut self) -> Parsed<ExprId> {
        let start = self.here();
        let mut parts = Vec::new();
        loop {
            let at = self.position(self.lexer.at);
            match self.lexer.indented_piece()? {
                Piece::Text(text, counts) => parts.push((at, Part::Text(text, counts))),
                Piece::Interpolation => parts.push((at, Part::Expr(self.interpolation()?))),
                Piece::Close => break,
                Piece::End => return Err(self.end_of_file()),
            }
        }
        self.advance()?;
        let mut stripped = indentation::strip(parts);
        if let [(_, Part::Text(text, _))] = &mut stripped[..] {
            let text = std::mem::take(text);
            return Ok(self.ast.add(Expr::String(text.into())));
        }
        if stripped.is_empty() {
            return Ok(self.ast.add(Expr::String(Box::default())));
        }
        let parts = stripped
            .into_iter()
            .map(|(position, part)| match part {
                Part::Text(text, _) => (position, self.ast.add(Expr::String(text.into()))),
                Part::Expr(expr) => (position, expr),
            })
            .collect();
        Ok(self.ast.add(Expr::Concat {
            force_string: true,
            parts,
            position: start,
        }))
    }

    fn lint_path(&mut self, literal: &[u8]) -> Parsed<()> {
        let lints = self.options.lints;
        let shown = || String::from_utf8_lossy(literal).into_owned();
        match literal.first() {
            Some(b'.') => Ok(()),
            Some(first @ (b'/' | b'~')) => {
                let kind = if *first == b'/' { "absolute" } else { "home" };
                self.lint(
                    lints.absolute_path_literals,
                    "lint-absolute-path-literals",
                    || {
                        format!(
                            "{kind} path literals are not portable. Consider replacing path literal \
                             '{}' by a string, relative path, or parameter",
                            shown()
                        )
                    },
                )
            }
            _ => self.lint(
                lints.short_path_literals,
                "lint-short-path-literals",
                || {
                    let path = shown();
                    format!(
                        "relative path literal '{path}' should be prefixed with '.' for clarity: \
                     './{path}'"
                    )
                },
            ),
        }
    }

    pub(super) fn path(&mut self) -> Parsed<ExprId> {
        let start = self.here();
        let literal = &self.text[self.current.start..self.current.end];
        self.lint_path(literal)?;
        let text = if self.current.token == Token::HomePath {
            let Some(home) = self.options.home else {
                let literal = String::from_utf8_lossy(literal);
                return Err(ParseError::new(
                    self.current.start,
                    format!("the path '{literal}' can not be resolved in pure mode"),
                ));
            };
            [home, &literal[1..]].concat()
        } else {
            resolve(self.options.base_path, literal)
        };
        let mut slash = literal.ends_with(b"/");
        let first = self.ast.add(Expr::Path(text.into()));
        let mut parts = vec![(start, first)];
        self.lexer.at = self.current.end;
        let mut text_pending = false;
        loop {
            let at = self.position(self.lexer.at);
            let offset = self.lexer.at;
            let piece = self.lexer.path_piece(slash)?;
            // Text may go on after the first part only on its way to an interpolation.
            if text_pending && !matches!(piece, Piece::Interpolation) {
                let message = "syntax error, unexpected end of path, expecting '${'".into();
                return Err(ParseError::new(offset, message));
            }
            text_pending = parts.len() == 1 && matches!(piece, Piece::Text(..));
            match piece {
                Piece::Text(text, _) => {
                    slash = text.ends_with(b"/");
                    parts.push((at, self.ast.add(Expr::String(text.into()))));
                }
                Piece::Interpolation => {
                    slash = false;
                    parts.push((at, self.interpolation()?));
                }
                Piece::Close | Piece::End => break,
            }
        }
        self.advance()?;
        if parts.len() == 1 {
            return Ok(first);
        }
        let parts = parts.into();
        Ok(self.ast.add(Expr::Concat {
            force_string: false,
            parts,
            position: start,
        }))
    }
}

/// An absolute, normalised path; the trailing slash of a first part is kept.
fn resolve(base: &[u8], literal: &[u8]) -> Vec<u8> {
    let mut path = if literal.starts_with(b"/") {
        crate::path::canonical(literal)
    } else {
        crate::path::canonical(&[base, b"/", literal].concat())
    };
    if literal.len() > 1 && literal.ends_with(b"/") {
        path.push(b'/');
    }
    path
}
