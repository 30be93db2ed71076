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
        ParseError::new(self.current.start, message)
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
