//! Syntax tree to code: every variable becomes a slot, a constant or a search of `with`s, as
//! `bindVars` does in Nix's `nixexpr.cc`. Nothing is evaluated.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::heap::{Heap, Shape, Value};
use crate::intrinsics::recognise::{Origin, Recognised, recognise};
use crate::intrinsics::{At, COMPUTED, Meaning, known::TABLE, site};
use crate::ir::{CodeTable, op};
use crate::position::Position;
use crate::symbol::{Symbol, SymbolTable, known};
use crate::syntax::ast::{Ast, Attr, AttrKind, AttrName, Attrs, BinaryOp, Expr, ExprId, Lambda};
use crate::syntax::show;

/// A variable that is defined nowhere.
pub struct LowerError {
    /// Its name.
    pub name: Symbol,
    /// Where it is used.
    pub position: Position,
}

/// What surrounds a text.
pub struct Outer<'a> {
    /// Names that are always there.
    pub globals: &'a FxHashMap<Symbol, Value>,
    /// The variables of the environment that the code will run in (`scopedImport`, the repl),
    /// by slot.
    pub variables: &'a [Symbol],
    /// Thunks that hold the literals which were taken out of the tree, by number.
    pub literals: &'a [Value],
}

/// Lowers a tree and returns its code.
///
/// # Errors
/// Where a variable is undefined.
pub fn lower(
    ast: &Ast,
    outer: &Outer<'_>,
    heap: &mut Heap,
    symbols: &SymbolTable,
    table: &mut CodeTable,
) -> Result<u32, LowerError> {
    let mut lowerer = Lowerer {
        ast,
        outer,
        heap,
        symbols,
        table,
        depth: 0,
        variables: FxHashMap::default(),
        used: vec![false],
        withs: Vec::new(),
        function: None,
    };
    if !outer.variables.is_empty() {
        lowerer.enter(outer.variables.iter().copied());
    }
    let Some(root) = ast.root else { return Ok(0) };
    lowerer.expr(root)
}

struct Lowerer<'a> {
    ast: &'a Ast,
    outer: &'a Outer<'a>,
    heap: &'a mut Heap,
    symbols: &'a SymbolTable,
    table: &'a mut CodeTable,
    /// How many environments are around the expression.
    depth: u32,
    /// Where each visible name is: depth of its environment and slot, innermost last.
    variables: FxHashMap<Symbol, SmallVec<[(u32, u32); 2]>>,
    /// For each depth, whether a variable was used that is bound there and is not the first one.
    used: Vec<bool>,
    /// Depths of the enclosing `with`s.
    withs: Vec<u32>,
    /// The known function that the expression is in.
    function: Option<Function>,
}

/// A known function while it is lowered.
struct Function {
    recognised: Recognised,
    /// The depth of what it relies on.
    depth: u32,
    header: u32,
    /// The function whose body tells which one it is.
    root: Option<ExprId>,
    /// Sets that were lowered, with their code.
    sets: Vec<(ExprId, u32)>,
    /// Sites that were made, with the number of the place.
    sites: Vec<(u32, usize)>,
}

/// The words of an instruction.
type Words = SmallVec<[u32; 8]>;

type Lowered<T> = Result<T, LowerError>;

impl Lowerer<'_> {
    fn enter(&mut self, names: impl IntoIterator<Item = Symbol>) {
        self.depth += 1;
        self.used.resize(self.depth as usize + 1, false);
        self.used[self.depth as usize] = false;
        for (slot, name) in names.into_iter().enumerate() {
            self.variables
                .entry(name)
                .or_default()
                .push((self.depth, slot as u32));
        }
    }

    fn leave(&mut self, names: impl IntoIterator<Item = Symbol>) {
        self.depth -= 1;
        for name in names {
            if let Some(places) = self.variables.get_mut(&name) {
                places.pop();
            }
        }
    }

    fn emit(&mut self, words: &[u32]) -> u32 {
        self.heap.push_code(words)
    }

    fn emit_at(&mut self, position: Position, words: &[u32]) -> u32 {
        let code = self.heap.push_code(words);
        if position.is_some() {
            self.table.add_place(code, position);
        }
        code
    }

    fn constant(&mut self, value: Value) -> u32 {
        self.emit(&[op::CONSTANT, value.to_word()])
    }

    fn exprs_into(&mut self, words: &mut Words, ids: &[ExprId]) -> Lowered<()> {
        words.reserve(ids.len());
        for &id in ids {
            words.push(self.expr(id)?);
        }
        Ok(())
    }

    fn expr(&mut self, id: ExprId) -> Lowered<u32> {
        let ast = self.ast;
        match ast.get(id) {
            Expr::Int(value) => {
                let value = self.heap.new_int(*value);
                Ok(self.constant(value))
            }
            Expr::Float(value) => {
                let value = self.heap.new_float(*value);
                Ok(self.constant(value))
            }
            Expr::String(text) => {
                let text = ast.text(*text);
                let value = self.heap.new_string(text, crate::heap::ContextId::EMPTY);
                Ok(self.constant(value))
            }
            Expr::Path(path) => {
                let path = ast.text(*path);
                let text = self.heap.new_string(path, crate::heap::ContextId::EMPTY);
                let value = self.heap.new_path(text);
                Ok(self.constant(value))
            }
            Expr::Var(name, position) => self.variable(*name, *position),
            Expr::InheritFrom(number) => Ok(self.emit(&[op::head(op::LOCAL, *number)])),
            Expr::Select {
                set,
                path,
                default,
                position,
            } => {
                let set = self.expr(*set)?;
                let names = self.path(ast.path(*path))?;
                let number = path.len() as u32;
                let mut words: Words = match default {
                    Some(default) => {
                        let default = self.expr(*default)?;
                        SmallVec::from_slice(&[op::head(op::SELECT_OR, number), set, default])
                    }
                    None => SmallVec::from_slice(&[op::head(op::SELECT, number), set, 0, 0]),
                };
                words.extend_from_slice(&names);
                Ok(self.emit_at(*position, &words))
            }
            Expr::HasAttr(set, path) => {
                let set = self.expr(*set)?;
                let names = self.path(ast.path(*path))?;
                let mut words =
                    Words::from_slice(&[op::head(op::HAS_ATTR, path.len() as u32), set]);
                words.extend_from_slice(&names);
                Ok(self.emit(&words))
            }
            Expr::Attrs(attrs) => self.attrs(id, attrs),
            Expr::List(elements) => {
                if elements.is_empty() {
                    let empty = self.heap.empty_list();
                    return Ok(self.constant(empty));
                }
                let mut words = Words::from_slice(&[op::head(op::LIST, elements.len() as u32)]);
                self.exprs_into(&mut words, ast.ids(*elements))?;
                Ok(self.emit(&words))
            }
            Expr::Lambda(lambda) => self.lambda(id, lambda),
            Expr::Call {
                function,
                args,
                position,
            } => self.call(*function, ast.ids(*args), *position),
            Expr::Let(attrs, body) => self.let_in(attrs, *body),
            Expr::With(set, body, position) => {
                let set = self.expr(*set)?;
                self.depth += 1;
                self.withs.push(self.depth);
                let body = self.expr(*body);
                self.withs.pop();
                self.depth -= 1;
                Ok(self.emit_at(*position, &[op::WITH, set, body?]))
            }
            Expr::If(condition, then, otherwise, position) => {
                let condition = self.expr(*condition)?;
                let then = self.expr(*then)?;
                let otherwise = self.expr(*otherwise)?;
                Ok(self.emit_at(*position, &[op::IF, condition, then, otherwise]))
            }
            Expr::Assert(condition, body, position) => {
                let shown = show::expression(self.ast, self.symbols, *condition);
                let shown = self.heap.new_string(&shown, crate::heap::ContextId::EMPTY);
                let condition = self.expr(*condition)?;
                let body = self.expr(*body)?;
                let words = [op::ASSERT, condition, body, shown.to_word()];
                Ok(self.emit_at(*position, &words))
            }
            Expr::Not(operand) => {
                let operand = self.expr(*operand)?;
                Ok(self.emit(&[op::NOT, operand]))
            }
            Expr::Binary(operator, left, right, position) => {
                let left = self.expr(*left)?;
                let right = self.expr(*right)?;
                let operation = match operator {
                    BinaryOp::Equal => op::EQUAL,
                    BinaryOp::NotEqual => op::NOT_EQUAL,
                    BinaryOp::And => op::AND,
                    BinaryOp::Or => op::OR,
                    BinaryOp::Implies => op::IMPLIES,
                    BinaryOp::Update => op::UPDATE,
                    BinaryOp::ConcatLists => op::CONCAT_LISTS,
                };
                Ok(self.emit_at(*position, &[operation, left, right]))
            }
            Expr::Concat {
                force_string,
                parts,
                position,
            } => {
                let number = parts.len() as u32 * 2 + u32::from(*force_string);
                let mut words = Words::from_slice(&[op::head(op::CONCAT, number)]);
                for &(at, part) in ast.parts(*parts) {
                    words.push(self.expr(part)?);
                    words.push(at.0);
                }
                Ok(self.emit_at(*position, &words))
            }
            Expr::CurrentPosition(position) => Ok(self.emit(&[op::CURRENT_POSITION, position.0])),
            Expr::Literal(number) => {
                let literals = self.outer.literals;
                let cell = literals.get(*number as usize).copied();
                Ok(self.emit(&[op::LITERAL, cell.unwrap_or(Value::NULL).to_word()]))
            }
        }
    }

    /// The global value that a variable stands for, where nothing shadows it.
    fn global(&self, name: Symbol) -> Option<Value> {
        if self
            .variables
            .get(&name)
            .is_some_and(|places| !places.is_empty())
        {
            return None;
        }
        self.outer.globals.get(&name).copied()
    }

    fn variable(&mut self, name: Symbol, position: Position) -> Lowered<u32> {
        let place = self
            .variables
            .get(&name)
            .and_then(|places| places.last().copied());
        if let Some((depth, slot)) = place {
            self.used[depth as usize] |= slot > 0;
            let level = self.depth - depth;
            let code = match level {
                0 => self.emit_at(position, &[op::head(op::LOCAL, slot)]),
                1 => self.emit_at(position, &[op::head(op::LOCAL_1, slot)]),
                2 => self.emit_at(position, &[op::head(op::LOCAL_2, slot)]),
                _ => self.emit_at(position, &[op::head(op::LOCAL_FAR, level), slot]),
            };
            return Ok(code);
        }
        if let Some(&value) = self.outer.globals.get(&name) {
            return Ok(self.constant(value));
        }
        if self.withs.is_empty() {
            return Err(LowerError { name, position });
        }
        let mut words =
            Words::from_slice(&[op::head(op::WITH_VARIABLE, self.withs.len() as u32), name.0]);
        words.extend(self.withs.iter().rev().map(|depth| self.depth - depth));
        Ok(self.emit_at(position, &words))
    }

    fn path(&mut self, path: &[AttrName]) -> Lowered<SmallVec<[u32; 4]>> {
        path.iter()
            .map(|name| {
                Ok(match *name {
                    AttrName::Static(symbol) => op::name_word(symbol.0, false),
                    AttrName::Dynamic(expr) => op::name_word(self.expr(expr)?, true),
                })
            })
            .collect()
    }

    fn call(&mut self, function: ExprId, args: &[ExprId], position: Position) -> Lowered<u32> {
        if let (Expr::Var(name, _), 2) = (self.ast.get(function), args.len()) {
            let operation = match *name {
                known::SUB => Some(op::SUBTRACT),
                known::MUL => Some(op::MULTIPLY),
                known::DIV => Some(op::DIVIDE),
                known::LESS_THAN => Some(op::LESS_THAN),
                _ => None,
            };
            if let (Some(operation), true) = (operation, self.global(*name).is_some()) {
                let first = self.expr(args[0])?;
                let second = self.expr(args[1])?;
                return Ok(self.emit_at(position, &[operation, first, second]));
            }
        }
        let function = self.expr(function)?;
        let mut words = Words::from_slice(&[op::head(op::CALL, args.len() as u32), function]);
        self.exprs_into(&mut words, args)?;
        Ok(self.emit_at(position, &words))
    }

    /// Functions of one plain argument that return the next one share an environment.
    fn lambda(&mut self, id: ExprId, lambda: &Lambda) -> Lowered<u32> {
        if lambda.formals.is_some() {
            return self.set_lambda(id, lambda);
        }
        let ast = self.ast;
        let mut chain: SmallVec<[&Lambda; 4]> = SmallVec::new();
        let mut names: SmallVec<[Symbol; 4]> = SmallVec::new();
        let mut next = lambda;
        while let Some(arg) = next.arg {
            chain.push(next);
            names.push(arg);
            match ast.get(next.body) {
                // An argument that shadows an earlier one needs an environment of its own.
                Expr::Lambda(inner)
                    if inner.formals.is_none()
                        && inner.arg.is_some_and(|arg| !names.contains(&arg)) =>
                {
                    next = inner;
                }
                _ => break,
            }
        }
        self.enter(names.iter().copied());
        let body = self.body(id, next.body);
        self.leave(names.iter().copied());
        let name = lambda.name.map_or(0, |n| n.0 + 1);
        let mut words = Words::from_slice(&[op::head(op::LAMBDA, chain.len() as u32), body?, name]);
        for (link, name) in chain.iter().zip(&names) {
            words.extend([link.position.0, name.0]);
        }
        Ok(self.emit_at(lambda.position, &words))
    }

    fn set_lambda(&mut self, id: ExprId, lambda: &Lambda) -> Lowered<u32> {
        let formals = lambda.formals.as_ref();
        let list = self.ast.formals_of(lambda);
        let names: SmallVec<[Symbol; 16]> = lambda
            .arg
            .into_iter()
            .chain(list.iter().map(|f| f.name))
            .collect();
        self.enter(names.iter().copied());
        let lowered = self.formals_and_body(id, lambda, list);
        let is_used = self.used[self.depth as usize];
        self.leave(names.iter().copied());
        let (body, formal_words) = lowered?;
        let mut defaults = formal_words.iter().skip(1).step_by(3);
        let has_alias = defaults.any(|&default| default != 0 && self.is_alias(default));
        // The whole argument is the first variable.
        let is_unused = lambda.arg.is_some() && !is_used;
        let flags = (u32::from(formals.is_some_and(|f| f.ellipsis)) * op::LAMBDA_ELLIPSIS)
            | (u32::from(lambda.arg.is_some()) * op::LAMBDA_ARG)
            | (u32::from(has_alias) * op::LAMBDA_ALIASES)
            | (u32::from(is_unused) * op::LAMBDA_UNUSED);
        let mut words = Words::from_slice(&[
            op::head(op::LAMBDA_SET, flags),
            body,
            lambda.name.map_or(0, |n| n.0 + 1),
            lambda.position.0,
            lambda.arg.map_or(0, |a| a.0),
            list.len() as u32,
        ]);
        words.extend_from_slice(&formal_words);
        if is_unused {
            words.push(Shape::NONE.0);
        }
        Ok(self.emit_at(lambda.position, &words))
    }

    fn formals_and_body(
        &mut self,
        id: ExprId,
        lambda: &Lambda,
        formals: &[crate::syntax::ast::Formal],
    ) -> Lowered<(u32, Words)> {
        let mut words = Words::with_capacity(formals.len() * 3);
        for formal in formals {
            let default = match formal.default {
                Some(default) => {
                    let code = self.expr(default)?;
                    self.table.add_name(code, formal.name);
                    code
                }
                None => 0,
            };
            words.extend([formal.name.0, default, formal.position.0]);
        }
        Ok((self.body(id, lambda.body)?, words))
    }

    /// The body of the function at `id`, behind a site where it has one.
    fn body(&mut self, id: ExprId, body: ExprId) -> Lowered<u32> {
        let code = self.expr(body)?;
        let code = self.place(id, code, At::is_body)?;
        let Some(function) = self
            .function
            .as_ref()
            .filter(|function| function.root == Some(id))
        else {
            return Ok(code);
        };
        if op::operation(self.heap.code(code)) == op::INTRINSIC {
            return Ok(code);
        }
        let (index, header) = (function.recognised.index, function.header);
        let levels = self.depth - function.depth;
        Ok(self.emit(&site::recognised_words(index, code, header, levels)))
    }

    /// The code of what is bound to a name.
    fn bound(&mut self, name: Symbol, id: ExprId) -> Lowered<u32> {
        if self.function.is_some() {
            let code = self.expr(id)?;
            return self.place(id, code, At::is_value);
        }
        let origin = |name: Symbol| {
            let is_bound = self
                .variables
                .get(&name)
                .is_some_and(|places| !places.is_empty());
            match self.outer.globals.contains_key(&name) {
                _ if is_bound => Origin::Bound,
                true => Origin::Global,
                false => Origin::Unknown,
            }
        };
        let Some(recognised) = recognise(self.ast, self.symbols, name, id, origin) else {
            return self.expr(id);
        };
        self.known_function(id, recognised)
    }

    /// The code of a known function, and what it needs to be evaluated in another way.
    fn known_function(&mut self, id: ExprId, recognised: Recognised) -> Lowered<u32> {
        let relies_on = TABLE[recognised.index].relies_on;
        let depth_of = |name: &str| {
            let symbol = self.symbols.find(name.as_bytes())?;
            Some(self.variables.get(&symbol)?.last()?.0)
        };
        let relied = relies_on
            .iter()
            .filter(|(_, meaning)| !matches!(meaning, Meaning::Anything));
        let depth = relied
            .filter_map(|(name, _)| depth_of(name))
            .max()
            .unwrap_or(0);
        // What is further in is no matter of the function, but of each of its calls.
        let names: Vec<&str> = relies_on
            .iter()
            .map(|&(name, _)| {
                if depth_of(name) > Some(depth) {
                    ""
                } else {
                    name
                }
            })
            .collect();
        let here = std::mem::replace(&mut self.depth, depth);
        let variables = self.variables_named(&names);
        self.depth = here;
        let words = site::header_words(recognised.index, &variables?);
        let header = self.emit(&words);
        self.function = Some(Function {
            root: recognised.root,
            recognised,
            depth,
            header,
            sets: Vec::new(),
            sites: Vec::new(),
        });
        let code = self
            .expr(id)
            .and_then(|code| self.place(id, code, At::is_itself));
        let Some(function) = self.function.take() else {
            return code;
        };
        for &(site, place) in &function.sites {
            let names = TABLE[function.recognised.index].places[place].literals;
            for (number, literal) in function.recognised.literals[place].iter().enumerate() {
                let set = function.sets.iter().find(|(id, _)| id == literal);
                if names[number] == COMPUTED {
                    let position = set.map_or(Position::NONE, |&(_, code)| {
                        Position(self.heap.code(code + op::ONLY_DYNAMIC_POSITION))
                    });
                    site::fill_computed(self.heap, site, number, position);
                    continue;
                }
                let shape = set.map_or(Shape::NONE, |&(_, code)| Shape(self.heap.code(code + 1)));
                site::fill_literal(self.heap, self.symbols, site, number, shape);
            }
        }
        code
    }

    /// The code of variables of these names, which are in scope.
    fn variables_named(&mut self, names: &[&str]) -> Lowered<Vec<u32>> {
        let code = |name: &&str| match self.symbols.find(name.as_bytes()) {
            Some(symbol) if !name.is_empty() => self.variable(symbol, Position::NONE),
            _ => Ok(self.constant(Value::NULL)),
        };
        names.iter().map(code).collect()
    }

    /// Puts the code of the expression at `id` behind a site where it is a place of a known function.
    fn place(&mut self, id: ExprId, code: u32, is_meant: impl Fn(&At) -> bool) -> Lowered<u32> {
        let Some(function) = &self.function else {
            return Ok(code);
        };
        let known = &TABLE[function.recognised.index].places;
        let mut places = function.recognised.places.iter();
        let is_here = |&&(at, place): &&(ExprId, usize)| at == id && is_meant(&known[place].at);
        let Some(&(_, place)) = places.find(is_here) else {
            return Ok(code);
        };
        let (index, header) = (function.recognised.index, function.header);
        let levels = self.depth - function.depth;
        let variables = self.variables_named(TABLE[index].places[place].variables)?;
        let at = self.heap.code_end();
        let words = site::site_words(at, (index, place), code, header, levels, &variables);
        let site = self.emit(&words);
        if let Some(function) = &mut self.function {
            function.sites.push((site, place));
        }
        Ok(site)
    }

    fn sorted(attrs: &Attrs) -> SmallVec<[Attr; 8]> {
        let mut sorted: SmallVec<[Attr; 8]> = attrs.attrs.iter().copied().collect();
        sorted.sort_unstable_by_key(|a| a.name);
        sorted
    }

    fn shape(&mut self, sorted: &[Attr]) -> Shape {
        let names: SmallVec<[Symbol; 8]> = sorted.iter().map(|a| a.name).collect();
        let positions: SmallVec<[Position; 8]> = sorted.iter().map(|a| a.position).collect();
        self.heap.new_shape(&names, Some(&positions), true)
    }

    /// Entries of a set whose own scope, if it has one, was entered; `outside` tells how to lower
    /// what is inherited from around it.
    fn entries(&mut self, sorted: &[Attr], scope: &[Symbol]) -> Lowered<Words> {
        sorted
            .iter()
            .map(|attr| match attr.kind {
                AttrKind::Plain => {
                    let code = self.bound(attr.name, attr.value)?;
                    self.table.add_name(code, attr.name);
                    Ok(op::entry_word(code, op::ENTRY_PLAIN))
                }
                AttrKind::Inherited => {
                    if !scope.is_empty() {
                        self.leave(scope.iter().copied());
                    }
                    let code = self.expr(attr.value);
                    if !scope.is_empty() {
                        self.enter(scope.iter().copied());
                    }
                    Ok(op::entry_word(code?, op::ENTRY_INHERITED))
                }
                AttrKind::InheritedFrom => {
                    // The sources lie in an environment of their own, without names.
                    self.depth += 1;
                    let code = self.expr(attr.value);
                    self.depth -= 1;
                    Ok(op::entry_word(code?, op::ENTRY_INHERITED_FROM))
                }
            })
            .collect()
    }

    /// Whether code is nothing but a variable of the innermost scope.
    fn is_alias(&self, code: u32) -> bool {
        op::operation(self.heap.code(code)) == op::LOCAL
    }

    /// Whether one of a scope's entries is nothing but the name of another.
    fn has_alias(&self, entries: &[u32]) -> bool {
        entries
            .iter()
            .any(|&word| word & 3 == op::ENTRY_PLAIN && self.is_alias(word >> 2))
    }

    fn attrs(&mut self, id: ExprId, attrs: &Attrs) -> Lowered<u32> {
        let sorted = Self::sorted(attrs);
        if sorted.is_empty() && attrs.dynamic.is_empty() && attrs.inherit_from.is_empty() {
            let empty = self.heap.empty_attrs();
            return Ok(self.constant(empty));
        }
        let shape = self.shape(&sorted);
        let scope: SmallVec<[Symbol; 8]> = if attrs.recursive {
            sorted.iter().map(|a| a.name).collect()
        } else {
            SmallVec::new()
        };
        let bare_scope = attrs.recursive && scope.is_empty();
        if attrs.recursive {
            self.enter(scope.iter().copied());
        }
        let lowered = self.attrs_words(attrs, &sorted, &scope, shape);
        if attrs.recursive {
            self.leave(scope.iter().copied());
        }
        debug_assert!(!bare_scope || sorted.is_empty());
        let words = lowered?;
        let code = self.emit_at(attrs.position, &words);
        if let Some(function) = &mut self.function {
            function.sets.push((id, code));
        }
        Ok(code)
    }

    fn attrs_words(
        &mut self,
        attrs: &Attrs,
        sorted: &[Attr],
        scope: &[Symbol],
        shape: Shape,
    ) -> Lowered<Words> {
        let entries = self.entries(sorted, scope)?;
        let overrides = sorted
            .iter()
            .position(|a| attrs.recursive && a.name == known::OVERRIDES);
        let flags = (u32::from(attrs.recursive) * op::ATTRS_RECURSIVE)
            | (u32::from(!attrs.dynamic.is_empty()) * op::ATTRS_DYNAMIC)
            | (u32::from(!attrs.inherit_from.is_empty()) * op::ATTRS_INHERIT)
            | (u32::from(overrides.is_some()) * op::ATTRS_OVERRIDES)
            | (u32::from(attrs.recursive && self.has_alias(&entries)) * op::ATTRS_ALIASES);
        let mut words =
            Words::from_slice(&[op::head(op::ATTRS, flags), shape.0, sorted.len() as u32]);
        words.extend_from_slice(&entries);
        if !attrs.inherit_from.is_empty() {
            words.push(attrs.inherit_from.len() as u32);
            self.exprs_into(&mut words, &attrs.inherit_from)?;
        }
        if !attrs.dynamic.is_empty() {
            words.push(attrs.dynamic.len() as u32);
            for attr in &attrs.dynamic {
                let name = self.expr(attr.name)?;
                let value = self.expr(attr.value)?;
                words.extend([name, value, attr.position.0]);
            }
        }
        words.extend(overrides.map(|index| index as u32));
        Ok(words)
    }

    fn let_in(&mut self, attrs: &Attrs, body: ExprId) -> Lowered<u32> {
        let sorted = Self::sorted(attrs);
        let scope: SmallVec<[Symbol; 8]> = sorted.iter().map(|a| a.name).collect();
        self.enter(scope.iter().copied());
        let lowered = self.let_words(attrs, &sorted, &scope, body);
        self.leave(scope.iter().copied());
        let words = lowered?;
        Ok(self.emit(&words))
    }

    fn let_words(
        &mut self,
        attrs: &Attrs,
        sorted: &[Attr],
        scope: &[Symbol],
        body: ExprId,
    ) -> Lowered<Words> {
        let entries = self.entries(sorted, scope)?;
        let mut sources = Words::new();
        self.exprs_into(&mut sources, &attrs.inherit_from)?;
        let body = self.expr(body)?;
        let has_alias = self.has_alias(&entries);
        let operation = if has_alias { op::LET_ALIASES } else { op::LET };
        let mut words = Words::from_slice(&[
            op::head(operation, sorted.len() as u32),
            body,
            sources.len() as u32,
        ]);
        words.extend_from_slice(&sources);
        words.extend_from_slice(&entries);
        if has_alias {
            words.extend(sorted.iter().map(|attr| attr.name.0));
        }
        Ok(words)
    }
}
