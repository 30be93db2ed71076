//! Strings, indented strings and paths, with what is interpolated in them.

use smallvec::SmallVec;

use super::{ParseError, Parsed, Parser};
use crate::position::Position;
use crate::syntax::ast::{Expr, ExprId};
use crate::syntax::indentation::{self, Indentation};
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

    fn text(&mut self, text: &[u8]) -> ExprId {
        let text = self.ast.add_text(text);
        self.ast.add(Expr::String(text))
    }

    /// The parts from `first` on, put together to what starts at `position`.
    fn concat(&mut self, first: usize, force_string: bool, position: Position) -> ExprId {
        let parts = self.ast.add_parts(&self.parts[first..]);
        self.parts.truncate(first);
        self.ast.add(Expr::Concat {
            force_string,
            parts,
            position,
        })
    }

    pub(super) fn string(&mut self) -> Parsed<ExprId> {
        let start = self.position(self.lexer.at);
        let first = self.parts.len();
        let mut interpolated = false;
        loop {
            let at = self.position(self.lexer.at);
            let part = match self.lexer.string_piece()? {
                Piece::Text(text, _) => self.text(&text),
                Piece::Interpolation => {
                    interpolated = true;
                    self.interpolation()?
                }
                Piece::Close => break,
                Piece::End => return Err(self.end_of_file()),
            };
            self.parts.push((at, part));
        }
        self.advance()?;
        Ok(match (&self.parts[first..], interpolated) {
            ([], _) => self.text(b""),
            (&[(_, text)], false) => {
                self.parts.truncate(first);
                text
            }
            _ => self.concat(first, true, start),
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
        let mut pieces: SmallVec<[(Position, indentation::Part<ExprId>); 4]> = SmallVec::new();
        loop {
            let at = self.position(self.lexer.at);
            let part = match self.lexer.indented_piece()? {
                Piece::Text(text, counts) => indentation::Part::Text(text, counts),
                Piece::Interpolation => indentation::Part::Expr(self.interpolation()?),
                Piece::Close => break,
                Piece::End => return Err(self.end_of_file()),
            };
            pieces.push((at, part));
        }
        self.advance()?;
        let first = self.parts.len();
        let mut indentation = Indentation::of(pieces.iter().map(|(_, part)| part));
        let last = pieces.len().checked_sub(1);
        for (index, (at, part)) in pieces.into_iter().enumerate() {
            let part = match part {
                indentation::Part::Expr(expr) => {
                    indentation.interrupt();
                    expr
                }
                indentation::Part::Text(text, _) => {
                    let is_last = Some(index) == last;
                    let strip = |out: &mut Vec<u8>| indentation.strip(&text, is_last, out);
                    let text = self.ast.write_text(strip);
                    if text.is_empty() {
                        continue;
                    }
                    self.ast.add(Expr::String(text))
                }
            };
            self.parts.push((at, part));
        }
        Ok(match self.parts[first..] {
            [] => self.text(b""),
            // Nix leaves out the concatenation for an interpolated literal, too.
            [(_, only)] if matches!(self.ast.get(only), Expr::String(_)) => {
                self.parts.truncate(first);
                only
            }
            _ => self.concat(first, true, start),
        })
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
        let text = self.ast.add_text(&text);
        let only = self.ast.add(Expr::Path(text));
        let first = self.parts.len();
        self.parts.push((start, only));
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
            let is_first = self.parts.len() == first + 1;
            text_pending = is_first && matches!(piece, Piece::Text(..));
            let part = match piece {
                Piece::Text(text, _) => {
                    slash = text.ends_with(b"/");
                    self.text(&text)
                }
                Piece::Interpolation => {
                    slash = false;
                    self.interpolation()?
                }
                Piece::Close | Piece::End => break,
            };
            self.parts.push((at, part));
        }
        self.advance()?;
        if self.parts.len() == first + 1 {
            self.parts.truncate(first);
            return Ok(only);
        }
        Ok(self.concat(first, false, start))
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

#[cfg(test)]
mod tests {
    use crate::symbol::SymbolTable;
    use crate::syntax::parse;
    use crate::syntax::parser::tests::PLAIN;
    use crate::syntax::show::expression;

    /// How a text is read.
    fn read(text: &str) -> String {
        let mut symbols = SymbolTable::new();
        let ast = parse(text.as_bytes(), &PLAIN, &mut symbols).unwrap();
        let shown = expression(&ast, &symbols, ast.root.unwrap());
        String::from_utf8(shown).unwrap()
    }

    #[test]
    fn strings_are_read_as_nix_reads_them() {
        let as_nix = [
            (r#""""#, r#""""#),
            (r#""a$b$$${c}""#, r#"("a$b$$" + c)"#),
            ("\"a\\n\\${\\\\\r\n$\"", r#""a\n\${\\\n$""#),
            (r#""${"a"}""#, r#"("a")"#),
            ("''''", r#""""#),
            ("''\n  ''", r#""""#),
            ("''\n    a\n\n   b\n      ''", r#"" a\n\nb\n""#),
            (
                "''\n    a ${b} c\n      d\n  ''",
                r#"("a " + b + " c\n  d\n")"#,
            ),
            (
                r"''a''${b''$'''c''\n''",
                r#"("a" + "$" + "{b" + "$" + "''" + "c" + "\n")"#,
            ),
            ("'' ${b}\n   c''", r#"(b + "\n  c")"#),
            ("''\n  ${\"a\"}\n ''", r#"("a" + "\n")"#),
            ("''${\"a\"}''", r#""a""#),
            ("''${a}''", "(a)"),
        ];
        for (text, shown) in as_nix {
            assert_eq!(read(text), shown, "{text}");
        }
    }
}
