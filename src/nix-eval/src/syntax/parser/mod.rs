//! Tokens to syntax tree, by recursive descent; precedences and desugaring are those of Nix's
//! `parser.y`. Names are not resolved here. What is here walks over tokens; each construct of the
//! language has a file below.
//!
//! Symbols are made in the order in which Nix's parser makes them, since sets are evaluated in the
//! order of their names' symbols.

mod binding;
mod function;
mod name;
mod operator;
mod simple;
mod text;
mod wording;

use smallvec::SmallVec;

use crate::position::Position;
use crate::symbol::{Symbol, SymbolTable};
use crate::syntax::ast::{Ast, AttrName, ExprId, Formal, Part};
use crate::syntax::lexer::{Lexeme, Lexer, Token};
use crate::syntax::lint::{Lint, Lints, Warning};

/// Why a text is not a Nix expression.
#[derive(Debug)]
pub struct ParseError {
    /// Byte offset into the text.
    pub offset: usize,
    /// What is wrong.
    pub message: String,
    /// The earlier definition that a duplicate clashes with: its place ends the message.
    pub earlier: Option<Position>,
}

impl ParseError {
    pub(super) fn new(offset: usize, message: String) -> Self {
        Self {
            offset,
            message,
            earlier: None,
        }
    }
}

/// What a text is parsed against.
pub struct ParseOptions<'a> {
    /// The position of the text's first byte.
    pub base: Position,
    /// The directory that relative paths start from.
    pub base_path: &'a [u8],
    /// The home directory for `~/…`; `None` where evaluation is pure.
    pub home: Option<&'a [u8]>,
    /// Whether `|>` and `<|` are operators.
    pub pipe_operators: bool,
    /// What to warn about.
    pub lints: Lints,
}

/// Parses `text`.
///
/// # Errors
/// Where Nix reports a syntax error.
pub fn parse(
    text: &[u8],
    options: &ParseOptions<'_>,
    symbols: &mut SymbolTable,
) -> Result<Ast, ParseError> {
    parse_into(Ast::default(), text, options, symbols)
}

/// Parses `text` to a tree that takes over the memory of `spare`, an empty one.
///
/// # Errors
/// Where Nix reports a syntax error.
pub fn parse_into(
    spare: Ast,
    text: &[u8],
    options: &ParseOptions<'_>,
    symbols: &mut SymbolTable,
) -> Result<Ast, ParseError> {
    let mut lexer = Lexer::new(text);
    let current = lexer.next()?;
    let mut parser = Parser {
        text,
        options,
        symbols,
        lexer,
        current,
        ast: spare,
        ids: Vec::new(),
        parts: Vec::new(),
        formals: Vec::new(),
        depth: 0,
    };
    let root = parser.expr()?;
    parser.expect_here(Token::End)?;
    parser.ast.root = Some(root);
    Ok(parser.ast)
}

/// Nesting beyond this is refused, long before the stack of the parsing thread ends.
const MAX_DEPTH: u32 = 100_000;

struct Parser<'a> {
    text: &'a [u8],
    options: &'a ParseOptions<'a>,
    symbols: &'a mut SymbolTable,
    lexer: Lexer<'a>,
    current: Lexeme,
    ast: Ast,
    /// The elements and arguments of what is not at its end yet, the innermost last.
    ids: Vec<ExprId>,
    /// The same for parts of texts.
    parts: Vec<Part>,
    /// The same for arguments of functions.
    formals: Vec<Formal>,
    depth: u32,
}

/// An attribute path, before it is in the tree.
type AttrPath = SmallVec<[AttrName; 4]>;

type Parsed<T> = Result<T, ParseError>;

impl Parser<'_> {
    fn position(&self, offset: usize) -> Position {
        Position(self.options.base.0 + offset as u32)
    }

    fn here(&self) -> Position {
        self.position(self.current.start)
    }

    fn advance(&mut self) -> Parsed<()> {
        self.current = self.lexer.next()?;
        Ok(())
    }

    fn is(&self, byte: u8) -> bool {
        self.current.token == Token::Byte(byte)
    }

    fn expect(&mut self, token: Token) -> Parsed<()> {
        if self.current.token != token {
            return Err(self.expected(token));
        }
        self.advance()
    }

    /// Checks for `token` without reading on, where what follows is not a token.
    fn expect_here(&self, token: Token) -> Parsed<()> {
        if self.current.token == token {
            Ok(())
        } else {
            Err(self.expected(token))
        }
    }

    fn unexpected(&self) -> ParseError {
        let message = format!(
            "syntax error, unexpected {}",
            wording::describe(self.current.token)
        );
        let at_end = self.current.token == Token::End;
        let offset = if at_end {
            self.current.end
        } else {
            self.current.start
        };
        ParseError::new(offset, message)
    }

    fn expected(&self, token: Token) -> ParseError {
        self.unexpected_but(&wording::describe(token))
    }

    /// The current token is none of those that `expected` names.
    fn unexpected_but(&self, expected: &str) -> ParseError {
        let mut error = self.unexpected();
        error.message.push_str(", expecting ");
        error.message.push_str(expected);
        error
    }

    /// The first byte of the token after the current one, without reading on.
    fn peek(&mut self) -> u8 {
        let at = self.lexer.at;
        let byte = self.lexer.next_byte();
        self.lexer.at = at;
        byte
    }

    fn symbol_of(&mut self, name: Lexeme) -> Symbol {
        self.symbols.intern(&self.text[name.start..name.end])
    }

    /// An identifier, which is no symbol yet.
    fn identifier(&mut self) -> Parsed<Lexeme> {
        self.expect_here(Token::Id)?;
        let name = self.current;
        self.advance()?;
        Ok(name)
    }

    /// What a literal of the current token comes to under one of the lints, whose name is `lint`.
    fn lint(&mut self, level: Lint, lint: &str, message: impl FnOnce() -> String) -> Parsed<()> {
        if level == Lint::Ignore {
            return Ok(());
        }
        let offset = self.current.start;
        let message = format!("{} ({lint})", message());
        if level == Lint::Fatal {
            return Err(ParseError::new(offset, message));
        }
        self.ast.warnings.push(Warning { offset, message });
        Ok(())
    }

    /// One level deeper.
    fn enter(&mut self) -> Parsed<()> {
        self.enter_levels(1)
    }

    /// Some levels deeper.
    fn enter_levels(&mut self, levels: u32) -> Parsed<()> {
        self.depth += levels;
        if self.depth <= MAX_DEPTH {
            return Ok(());
        }
        let message = "memory exhausted".to_owned();
        Err(ParseError::new(self.current.start, message))
    }

    fn expr(&mut self) -> Parsed<ExprId> {
        self.enter()?;
        let result = self.expr_function();
        self.depth -= 1;
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::with_stack;

    /// A text in the root folder, without anything special.
    pub(super) const PLAIN: ParseOptions<'static> = ParseOptions {
        base: Position(1),
        base_path: b"/",
        home: None,
        pipe_operators: false,
        lints: Lints {
            url_literals: Lint::Ignore,
            absolute_path_literals: Lint::Ignore,
            short_path_literals: Lint::Ignore,
        },
    };

    /// Why a text is no expression, if it is none.
    fn refusal(text: &str) -> Option<String> {
        let parsed = || parse(text.as_bytes(), &PLAIN, &mut SymbolTable::new()).err();
        let error = with_stack(parsed).unwrap().unwrap();
        error.map(|error| error.message)
    }

    #[test]
    fn a_text_ends_at_a_null_byte_that_stands_for_itself() {
        for whole in [
            "1\0 2",
            "1 \0",
            "1 # \0\n\0)",
            "/* \0 */ 1",
            "./a\0b",
            "a\0",
        ] {
            assert_eq!(refusal(whole), None, "{whole:?}");
        }
        let unfinished = [
            ("1 +\0 2", 4, "syntax error, unexpected end of file"),
            ("\0", 1, "syntax error, unexpected end of file"),
            (
                "{ a\0 = 1; }",
                4,
                "syntax error, unexpected end of file, expecting '.' or '='",
            ),
        ];
        for (text, offset, message) in unfinished {
            let parsed = parse(text.as_bytes(), &PLAIN, &mut SymbolTable::new());
            let error = parsed.err().unwrap();
            assert_eq!((error.offset, error.message.as_str()), (offset, message));
        }
    }

    #[test]
    fn whatever_may_be_nested_is_refused_before_the_stack_ends() {
        let nestings = [
            ("(", ")"),
            ("[", "]"),
            ("{ a = ", "; }"),
            ("{ ${", "} = 1; }"),
            ("{ a ? ", " }: 1"),
            ("let a = ", "; in a"),
            ("a: ", ""),
            ("if ", " then 1 else 1"),
            ("with ", "; 1"),
            ("assert ", "; 1"),
            ("a.b or ", ""),
            ("a.${", "}"),
            ("a ? ${", "}"),
            ("f (", ")"),
            ("\"${", "}\""),
            ("''${", "}''"),
            ("./a${", "}"),
            ("!", ""),
            ("-", ""),
            ("1 ++ ", ""),
            ("a -> ", ""),
        ];
        for (open, close) in nestings {
            let nested = |levels| open.repeat(levels) + "1" + &close.repeat(levels);
            assert_eq!(refusal(&nested(20_000)), None, "{open}");
            let deep = refusal(&nested(1_000_000));
            assert_eq!(deep.as_deref(), Some("memory exhausted"), "{open}");
            let unclosed = refusal(&open.repeat(1_000_000));
            assert_eq!(unclosed.as_deref(), Some("memory exhausted"), "{open}");
        }
    }
}
