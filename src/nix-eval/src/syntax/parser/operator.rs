//! Operators, calls and selection.

use super::{ParseError, Parsed, Parser};
use crate::position::Position;
use crate::symbol::{Symbol, known};
use crate::syntax::ast::{BinaryOp, Expr, ExprId};
use crate::syntax::lexer::{Lexer, Token};

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

impl Parser<'_> {
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
    pub(super) fn pipe_from(&mut self, function: ExprId) -> Parsed<ExprId> {
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
    pub(super) fn pipe_into(&mut self, mut arg: ExprId) -> Parsed<ExprId> {
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
        if let Expr::Call { args, .. } = *self.ast.get(function) {
            let more = self.ast.with_one_more(args, arg);
            if let Expr::Call { args, .. } = self.ast.get_mut(function) {
                *args = more;
            }
            return function;
        }
        let args = self.ast.add_ids(&[arg]);
        self.ast.add(Expr::Call {
            function,
            args,
            position,
        })
    }

    pub(super) fn call_builtin(
        &mut self,
        name: Symbol,
        args: &[ExprId],
        position: Position,
    ) -> ExprId {
        let function = self.ast.add(Expr::Var(name, Position::NONE));
        let args = self.ast.add_ids(args);
        self.ast.add(Expr::Call {
            function,
            args,
            position,
        })
    }

    pub(super) fn expr_op(&mut self, lowest: u8) -> Parsed<ExprId> {
        self.enter()?;
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
                self.call_builtin(known::SUB, &[zero, operand], start)
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
                let path = self.ast.add_path(&path);
                left = self.ast.add(Expr::HasAttr(left, path));
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
            Token::Byte(b'<') => return self.call_builtin(known::LESS_THAN, &[left, right], at),
            Token::Byte(b'>') => return self.call_builtin(known::LESS_THAN, &[right, left], at),
            Token::LessEqual => {
                let call = self.call_builtin(known::LESS_THAN, &[right, left], at);
                return self.ast.add(Expr::Not(call));
            }
            Token::GreaterEqual => {
                let call = self.call_builtin(known::LESS_THAN, &[left, right], at);
                return self.ast.add(Expr::Not(call));
            }
            Token::Byte(b'-') => return self.call_builtin(known::SUB, &[left, right], at),
            Token::Byte(b'*') => return self.call_builtin(known::MUL, &[left, right], at),
            Token::Byte(b'/') => return self.call_builtin(known::DIV, &[left, right], at),
            _ => {
                let right_start = self.start_of_right(at);
                let parts = [(start, left), (right_start, right)];
                let parts = self.ast.add_parts(&parts);
                return self.ast.add(Expr::Concat {
                    force_string: false,
                    parts,
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
        let function = self.expr_select()?;
        if !self.starts_simple() {
            return Ok(function);
        }
        let first = self.ids.len();
        if let Expr::Call { args, .. } = *self.ast.get(function) {
            self.ids.extend_from_slice(self.ast.ids(args));
        }
        while self.starts_simple() {
            let arg = self.expr_select()?;
            self.ids.push(arg);
        }
        let all = self.ast.add_ids(&self.ids[first..]);
        self.ids.truncate(first);
        if let Expr::Call { args, .. } = self.ast.get_mut(function) {
            *args = all;
            return Ok(function);
        }
        Ok(self.ast.add(Expr::Call {
            function,
            args: all,
            position: start,
        }))
    }

    pub(super) fn starts_simple(&mut self) -> bool {
        match self.current.token {
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
            Token::Let => self.peek() == b'{',
            _ => false,
        }
    }

    /// Where an argument or an element should stand and something else does.
    pub(super) fn no_argument(&mut self) -> ParseError {
        if self.current.token != Token::Let {
            return self.unexpected();
        }
        match self.advance() {
            Ok(()) => self.expected(Token::Byte(b'{')),
            Err(error) => error,
        }
    }

    pub(super) fn expr_select(&mut self) -> Parsed<ExprId> {
        let position = self.here();
        let set = self.expr_simple()?;
        match self.current.token {
            Token::Byte(b'.') => {
                self.advance()?;
                let path = self.attribute_path()?;
                let default = if self.current.token == Token::Or {
                    self.advance()?;
                    self.enter()?;
                    let default = self.expr_select()?;
                    self.depth -= 1;
                    Some(default)
                } else {
                    None
                };
                let path = self.ast.add_path(&path);
                Ok(self.ast.add(Expr::Select {
                    set,
                    path,
                    default,
                    position,
                }))
            }
            // `map or [ … ]`: nixpkgs once had a function of that name.
            Token::Or => {
                let or = self.ast.add(Expr::Var(known::OR, position));
                self.advance()?;
                let args = self.ast.add_ids(&[or]);
                Ok(self.ast.add(Expr::Call {
                    function: set,
                    args,
                    position,
                }))
            }
            _ => Ok(set),
        }
    }
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
