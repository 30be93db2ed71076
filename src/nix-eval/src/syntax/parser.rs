//! Tokens to syntax tree, by recursive descent; precedences and desugaring are those of Nix's
//! `parser.y`. Names are not resolved here.

use crate::position::Position;
use crate::symbol::{Symbol, SymbolTable, known};
use crate::syntax::ast::{
    Ast, Attr, AttrKind, AttrName, Attrs, BinaryOp, Expr, ExprId, Formal, Formals, Lambda,
};
use crate::syntax::attribute_path;
use crate::syntax::indentation::{self, Part};
use crate::syntax::lexer::{Lexeme, Lexer, Piece, Token};

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
    let mut lexer = Lexer::new(text);
    let current = lexer.next()?;
    let mut parser = Parser {
        text,
        options,
        symbols,
        lexer,
        current,
        ast: Ast::default(),
        depth: 0,
    };
    let root = parser.expr()?;
    if parser.current.token != Token::End {
        return Err(parser.unexpected());
    }
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
    depth: u32,
}

/// Operator precedences, loosest first.
mod precedence {
    pub(super) const IMPLIES: u8 = 1;
    pub(super) const OR: u8 = 2;
    pub(super) const AND: u8 = 3;
    pub(super) const EQUAL: u8 = 4;
    pub(super) const COMPARE: u8 = 5;
    pub(super) const UPDATE: u8 = 6;
    pub(super) const NOT: u8 = 7;
    pub(super) const ADD: u8 = 8;
    pub(super) const MULTIPLY: u8 = 9;
    pub(super) const CONCAT: u8 = 10;
    pub(super) const HAS_ATTR: u8 = 11;
}

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
        let message = format!("syntax error, unexpected {}", describe(self.current.token));
        ParseError::new(self.current.start, message)
    }

    fn expected(&self, token: Token) -> ParseError {
        let mut error = self.unexpected();
        error.message.push_str(", expecting ");
        error.message.push_str(&describe(token));
        error
    }

    /// The token after the current one, without reading on.
    fn peek(&mut self) -> Parsed<Token> {
        let at = self.lexer.at;
        let token = self.lexer.next()?.token;
        self.lexer.at = at;
        Ok(token)
    }

    fn symbol(&mut self) -> Symbol {
        self.symbols
            .intern(&self.text[self.current.start..self.current.end])
    }

    fn identifier(&mut self) -> Parsed<Symbol> {
        self.expect_here(Token::Id)?;
        let symbol = self.symbol();
        self.advance()?;
        Ok(symbol)
    }

    fn expr(&mut self) -> Parsed<ExprId> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(ParseError::new(
                self.current.start,
                "memory exhausted".into(),
            ));
        }
        let result = self.expr_function();
        self.depth -= 1;
        result
    }

    fn expr_function(&mut self) -> Parsed<ExprId> {
        let start = self.here();
        let token = self.current.token;
        match token {
            Token::Id => match self.peek()? {
                Token::Byte(b':') => {
                    let arg = self.identifier()?;
                    self.advance()?;
                    self.lambda(start, Some(arg), None)
                }
                Token::Byte(b'@') => {
                    let arg = self.identifier()?;
                    self.advance()?;
                    let formals = self.formals(start, Some(arg))?;
                    self.expect(Token::Byte(b':'))?;
                    self.lambda(start, Some(arg), Some(formals))
                }
                _ => self.expr_if(),
            },
            Token::Byte(b'{') if self.formals_follow()? => self.set_lambda(start),
            Token::Assert => {
                self.advance()?;
                let condition = self.expr()?;
                self.expect(Token::Byte(b';'))?;
                let body = self.expr_function_nested()?;
                Ok(self.ast.add(Expr::Assert(condition, body, start)))
            }
            Token::With => {
                self.advance()?;
                let set = self.expr()?;
                self.expect(Token::Byte(b';'))?;
                let body = self.expr_function_nested()?;
                Ok(self.ast.add(Expr::With(set, body, start)))
            }
            Token::Let if self.peek()? != Token::Byte(b'{') => {
                self.advance()?;
                let attrs = self.binds(Token::In)?;
                if !attrs.dynamic.is_empty() {
                    let offset = (start.0 - self.options.base.0) as usize;
                    let message = "dynamic attributes not allowed in let".into();
                    return Err(ParseError::new(offset, message));
                }
                self.advance()?;
                let body = self.expr_function_nested()?;
                Ok(self.ast.add(Expr::Let(Box::new(attrs), body)))
            }
            _ => self.expr_if(),
        }
    }

    fn expr_function_nested(&mut self) -> Parsed<ExprId> {
        self.expr()
    }

    fn lambda(
        &mut self,
        position: Position,
        arg: Option<Symbol>,
        formals: Option<Formals>,
    ) -> Parsed<ExprId> {
        let body = self.expr()?;
        Ok(self.ast.add(Expr::Lambda(Box::new(Lambda {
            position,
            name: None,
            arg,
            formals,
            body,
        }))))
    }

    fn set_lambda(&mut self, start: Position) -> Parsed<ExprId> {
        let mut formals = self.formals(start, None)?;
        let mut arg = None;
        if self.is(b'@') {
            self.advance()?;
            let name = self.identifier()?;
            self.validate_formals(&mut formals, start, Some(name))?;
            arg = Some(name);
        }
        self.expect(Token::Byte(b':'))?;
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
    fn formals(&mut self, start: Position, arg: Option<Symbol>) -> Parsed<Formals> {
        self.expect(Token::Byte(b'{'))?;
        let mut formals = Formals {
            formals: Vec::new(),
            ellipsis: false,
        };
        loop {
            match self.current.token {
                Token::Byte(b'}') => break,
                Token::Ellipsis => {
                    self.advance()?;
                    formals.ellipsis = true;
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
            formals.formals.push(Formal {
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
        self.validate_formals(&mut formals, start, arg)?;
        Ok(formals)
    }

    fn validate_formals(
        &self,
        formals: &mut Formals,
        start: Position,
        arg: Option<Symbol>,
    ) -> Parsed<()> {
        formals.formals.sort_by_key(|f| (f.name, f.position));
        let duplicate = formals
            .formals
            .windows(2)
            .filter(|pair| pair[0].name == pair[1].name)
            .map(|pair| (pair[0].name, pair[1].position))
            .min();
        let duplicate = duplicate.or_else(|| {
            let arg = arg?;
            formals
                .formals
                .iter()
                .any(|f| f.name == arg)
                .then_some((arg, start))
        });
        let Some((name, position)) = duplicate else {
            return Ok(());
        };
        let name = String::from_utf8_lossy(self.symbols.name(name));
        Err(ParseError::new(
            (position.0 - self.options.base.0) as usize,
            format!("duplicate formal function argument '{name}'"),
        ))
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

    fn pipe_position(&self) -> Parsed<Position> {
        if self.options.pipe_operators {
            return Ok(self.here());
        }
        Err(ParseError::new(
            self.current.start,
            "experimental Nix feature 'pipe-operators' is disabled; \
             add '--extra-experimental-features pipe-operators' to enable it"
                .into(),
        ))
    }

    /// `f <| g <| x`, to the right.
    fn pipe_from(&mut self, function: ExprId) -> Parsed<ExprId> {
        let position = self.pipe_position()?;
        self.advance()?;
        let right = self.expr_op(0)?;
        let arg = match self.current.token {
            Token::PipeFrom => self.pipe_from(right)?,
            _ => right,
        };
        Ok(self.call(function, arg, position))
    }

    /// `x |> f |> g`, to the left.
    fn pipe_into(&mut self, mut arg: ExprId) -> Parsed<ExprId> {
        while self.current.token == Token::PipeInto {
            let position = self.pipe_position()?;
            self.advance()?;
            let function = self.expr_op(0)?;
            arg = self.call(function, arg, position);
        }
        Ok(arg)
    }

    /// A call with one more argument: added to the call that `function` is, if it is one.
    fn call(&mut self, function: ExprId, arg: ExprId, position: Position) -> ExprId {
        if let Expr::Call { args, .. } = self.ast.get_mut(function) {
            args.push(arg);
            return function;
        }
        self.ast.add(Expr::Call {
            function,
            args: vec![arg],
            position,
        })
    }

    fn call_builtin(&mut self, name: Symbol, args: Vec<ExprId>, position: Position) -> ExprId {
        let function = self.ast.add(Expr::Var(name, Position::NONE));
        self.ast.add(Expr::Call {
            function,
            args,
            position,
        })
    }

    fn expr_op(&mut self, lowest: u8) -> Parsed<ExprId> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(ParseError::new(
                self.current.start,
                "memory exhausted".into(),
            ));
        }
        let result = self.expr_op_inner(lowest);
        self.depth -= 1;
        result
    }

    fn expr_op_inner(&mut self, lowest: u8) -> Parsed<ExprId> {
        let start = self.here();
        let mut left = match self.current.token {
            Token::Byte(b'!') => {
                self.advance()?;
                let operand = self.expr_op(precedence::NOT)?;
                self.ast.add(Expr::Not(operand))
            }
            Token::Byte(b'-') => {
                self.advance()?;
                let operand = self.expr_op(precedence::HAS_ATTR + 1)?;
                let zero = self.ast.add(Expr::Int(0));
                self.call_builtin(known::SUB, vec![zero, operand], start)
            }
            _ => self.expr_app()?,
        };
        // The precedence of a non-associative operator that was just applied.
        let mut spent = u8::MAX;
        loop {
            let Some((level, associativity)) = operator(self.current.token) else {
                return Ok(left);
            };
            if level < lowest {
                return Ok(left);
            }
            if level == spent {
                return Err(self.unexpected());
            }
            let token = self.current.token;
            let at = self.here();
            self.advance()?;
            if level == precedence::HAS_ATTR {
                let path = self.attribute_path()?;
                left = self.ast.add(Expr::HasAttr(left, path.into()));
                spent = level;
                continue;
            }
            let right = self.expr_op(if associativity == Associativity::Right {
                level
            } else {
                level + 1
            })?;
            spent = if associativity == Associativity::None {
                level
            } else {
                u8::MAX
            };
            left = self.binary(token, left, right, start, at);
        }
    }

    fn binary(
        &mut self,
        token: Token,
        left: ExprId,
        right: ExprId,
        start: Position,
        at: Position,
    ) -> ExprId {
        let op = match token {
            Token::Equal => BinaryOp::Equal,
            Token::NotEqual => BinaryOp::NotEqual,
            Token::And => BinaryOp::And,
            Token::OrOp => BinaryOp::Or,
            Token::Implies => BinaryOp::Implies,
            Token::Update => BinaryOp::Update,
            Token::ConcatLists => BinaryOp::ConcatLists,
            Token::Byte(b'<') => return self.call_builtin(known::LESS_THAN, vec![left, right], at),
            Token::Byte(b'>') => return self.call_builtin(known::LESS_THAN, vec![right, left], at),
            Token::LessEqual => {
                let call = self.call_builtin(known::LESS_THAN, vec![right, left], at);
                return self.ast.add(Expr::Not(call));
            }
            Token::GreaterEqual => {
                let call = self.call_builtin(known::LESS_THAN, vec![left, right], at);
                return self.ast.add(Expr::Not(call));
            }
            Token::Byte(b'-') => return self.call_builtin(known::SUB, vec![left, right], at),
            Token::Byte(b'*') => return self.call_builtin(known::MUL, vec![left, right], at),
            Token::Byte(b'/') => return self.call_builtin(known::DIV, vec![left, right], at),
            _ => {
                let right_start = self.start_of_right(at);
                return self.ast.add(Expr::Concat {
                    force_string: false,
                    parts: Box::new([(start, left), (right_start, right)]),
                    position: at,
                });
            }
        };
        self.ast.add(Expr::Binary(op, left, right, at))
    }

    /// Where the right operand of the one-byte operator at `at` starts.
    fn start_of_right(&self, at: Position) -> Position {
        let mut lexer = Lexer::new(self.text);
        lexer.at = (at.0 - self.options.base.0) as usize + 1;
        lexer
            .next()
            .map_or(at, |lexeme| self.position(lexeme.start))
    }

    fn expr_app(&mut self) -> Parsed<ExprId> {
        let start = self.here();
        let mut function = self.expr_select()?;
        while self.starts_simple()? {
            let arg = self.expr_select()?;
            function = self.call(function, arg, start);
        }
        Ok(function)
    }

    fn starts_simple(&mut self) -> Parsed<bool> {
        Ok(match self.current.token {
            Token::Id
            | Token::Int(_)
            | Token::Float(_)
            | Token::Quote
            | Token::IndentedOpen
            | Token::Path
            | Token::HomePath
            | Token::SearchPath
            | Token::Uri
            | Token::Rec
            | Token::Byte(b'(' | b'{' | b'[') => true,
            Token::Let => self.peek()? == Token::Byte(b'{'),
            _ => false,
        })
    }

    fn expr_select(&mut self) -> Parsed<ExprId> {
        let position = self.here();
        let set = self.expr_simple()?;
        match self.current.token {
            Token::Byte(b'.') => {
                self.advance()?;
                let path = self.attribute_path()?;
                let default = if self.current.token == Token::Or {
                    self.advance()?;
                    Some(self.expr_select()?)
                } else {
                    None
                };
                Ok(self.ast.add(Expr::Select {
                    set,
                    path: path.into(),
                    default,
                    position,
                }))
            }
            // `map or [ … ]`: nixpkgs once had a function of that name.
            Token::Or => {
                let or = self.ast.add(Expr::Var(known::OR, position));
                self.advance()?;
                Ok(self.ast.add(Expr::Call {
                    function: set,
                    args: vec![or],
                    position,
                }))
            }
            _ => Ok(set),
        }
    }

    fn attribute_path(&mut self) -> Parsed<Vec<AttrName>> {
        let mut path = vec![self.attribute_name()?];
        while self.is(b'.') {
            self.advance()?;
            path.push(self.attribute_name()?);
        }
        Ok(path)
    }

    fn attribute_name(&mut self) -> Parsed<AttrName> {
        match self.current.token {
            Token::Id | Token::Or => {
                let name = self.symbol();
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
                Ok(match self.ast.get(expr) {
                    Expr::String(text) => AttrName::Static(self.symbols.intern(text)),
                    _ => AttrName::Dynamic(expr),
                })
            }
            _ => Err(self.unexpected()),
        }
    }

    fn expr_simple(&mut self) -> Parsed<ExprId> {
        let start = self.here();
        let expr = match self.current.token {
            Token::Id => {
                let symbol = self.symbol();
                if symbol == known::CUR_POS {
                    Expr::CurrentPosition(start)
                } else {
                    Expr::Var(symbol, start)
                }
            }
            Token::Int(value) => Expr::Int(value),
            Token::Float(value) => Expr::Float(value),
            Token::Uri => Expr::String(self.text[self.current.start..self.current.end].into()),
            Token::Quote => return self.string(),
            Token::IndentedOpen => return self.indented_string(),
            Token::Path | Token::HomePath => return self.path(),
            Token::SearchPath => {
                let name = &self.text[self.current.start + 1..self.current.end - 1];
                let name = self.ast.add(Expr::String(name.into()));
                let path = self.ast.add(Expr::Var(known::NIX_PATH, Position::NONE));
                self.advance()?;
                return Ok(self.call_builtin(known::FIND_FILE, vec![path, name], start));
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
                let path = Box::new([AttrName::Static(known::BODY)]);
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

    fn set(&mut self, recursive: bool) -> Parsed<ExprId> {
        let position = self.here();
        self.expect(Token::Byte(b'{'))?;
        let mut attrs = self.binds(Token::Byte(b'}'))?;
        attrs.recursive = recursive;
        attrs.position = position;
        self.advance()?;
        Ok(self.ast.add(Expr::Attrs(Box::new(attrs))))
    }

    fn list(&mut self) -> Parsed<ExprId> {
        self.advance()?;
        let mut elements = Vec::new();
        while !self.is(b']') {
            if !self.starts_simple()? {
                return Err(self.unexpected());
            }
            elements.push(self.expr_select()?);
        }
        self.advance()?;
        Ok(self.ast.add(Expr::List(elements.into())))
    }

    /// Bindings up to `end`, which is left as the current token.
    fn binds(&mut self, end: Token) -> Parsed<Attrs> {
        let mut attrs = Attrs::default();
        while self.current.token != end {
            if self.current.token == Token::Inherit {
                self.inherit(&mut attrs)?;
                continue;
            }
            let offset = self.current.start;
            let position = self.here();
            let path = self.attribute_path()?;
            self.expect(Token::Byte(b'='))?;
            let value = self.expr()?;
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
                    let path = Box::new([AttrName::Static(name)]);
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

    /// An expression inside `${ … }`, whose braces are read here.
    fn interpolation(&mut self) -> Parsed<ExprId> {
        self.advance()?;
        let expr = self.expr()?;
        // What follows the brace is not a token: the lexer must not read on.
        self.expect_here(Token::Byte(b'}'))?;
        self.lexer.at = self.current.end;
        Ok(expr)
    }

    fn string(&mut self) -> Parsed<ExprId> {
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

    fn indented_string(&mut self) -> Parsed<ExprId> {
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

    fn path(&mut self) -> Parsed<ExprId> {
        let start = self.here();
        let literal = &self.text[self.current.start..self.current.end];
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

#[derive(PartialEq, Eq)]
enum Associativity {
    Left,
    Right,
    None,
}

fn operator(token: Token) -> Option<(u8, Associativity)> {
    use Associativity::{Left, None as Neither, Right};
    Some(match token {
        Token::Implies => (precedence::IMPLIES, Right),
        Token::OrOp => (precedence::OR, Left),
        Token::And => (precedence::AND, Left),
        Token::Equal | Token::NotEqual => (precedence::EQUAL, Neither),
        Token::LessEqual | Token::GreaterEqual | Token::Byte(b'<' | b'>') => {
            (precedence::COMPARE, Neither)
        }
        Token::Update => (precedence::UPDATE, Right),
        Token::Byte(b'+' | b'-') => (precedence::ADD, Left),
        Token::Byte(b'*' | b'/') => (precedence::MULTIPLY, Left),
        Token::ConcatLists => (precedence::CONCAT, Right),
        Token::Byte(b'?') => (precedence::HAS_ATTR, Neither),
        _ => return None,
    })
}

fn describe(token: Token) -> String {
    let text = match token {
        Token::End => "end of file",
        Token::Id => "identifier",
        Token::Int(_) => "integer",
        Token::Float(_) => "floating-point literal",
        Token::Quote => "'\"'",
        Token::IndentedOpen => "start of an indented string",
        Token::Path => "path",
        Token::HomePath => "'~/…' path",
        Token::SearchPath => "'<…>' path",
        Token::Uri => "URI",
        Token::If => "'if'",
        Token::Then => "'then'",
        Token::Else => "'else'",
        Token::Assert => "'assert'",
        Token::With => "'with'",
        Token::Let => "'let'",
        Token::In => "'in'",
        Token::Rec => "'rec'",
        Token::Inherit => "'inherit'",
        Token::Or => "'or'",
        Token::Ellipsis => "'...'",
        Token::Equal => "'=='",
        Token::NotEqual => "'!='",
        Token::LessEqual => "'<='",
        Token::GreaterEqual => "'>='",
        Token::And => "'&&'",
        Token::OrOp => "'||'",
        Token::Implies => "'->'",
        Token::Update => "'//'",
        Token::ConcatLists => "'++'",
        Token::PipeFrom => "'<|'",
        Token::PipeInto => "'|>'",
        Token::DollarCurly => "'${'",
        Token::Byte(byte) if byte.is_ascii_graphic() => {
            return format!("'{}'", byte as char);
        }
        Token::Byte(_) => "invalid token",
    };
    text.to_owned()
}
