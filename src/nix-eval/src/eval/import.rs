//! Files as expressions: resolving paths, reading, parsing, remembering.

use std::rc::Rc;
use std::sync::Arc;

use super::{ErrorKind, EvalError, Evaluator, R};
use crate::heap::{Kind, Value};
use crate::ir;
use crate::path;
use crate::position::{Origin, Position};
use crate::symbol::Symbol;
use crate::syntax::ast::Ast;
use crate::syntax::{self, ParseOptions};
use crate::world::FileType;

/// How many symbolic links are followed before a loop is assumed.
const MAX_LINKS: u32 = 1024;

impl Evaluator {
    /// Refuses paths that this evaluation may not read.
    pub(crate) fn check_access(&mut self, at: &[u8]) -> R<()> {
        let Some(allowed) = &self.settings.allowed_paths else {
            return Ok(());
        };
        if at == crate::builtins::FETCHURL_PATH {
            return Ok(());
        }
        if allowed
            .iter()
            .any(|directory| path::is_within(at, directory))
        {
            return Ok(());
        }
        let shown = String::from_utf8_lossy(at);
        let mode = if self.settings.pure {
            "pure evaluation mode"
        } else {
            "restricted mode"
        };
        let hint = if self.settings.pure {
            " (use '--impure' to override)"
        } else {
            ""
        };
        let message = format!("access to absolute path '{shown}' is forbidden in {mode}{hint}");
        self.raise(EvalError::new(ErrorKind::Restricted, message))
    }

    /// An error of the file system.
    #[cold]
    pub(crate) fn file_error<T>(&mut self, at: &[u8], error: &std::io::Error) -> R<T> {
        let shown = String::from_utf8_lossy(at);
        let message = if error.kind() == std::io::ErrorKind::NotFound {
            format!("path '{shown}' does not exist")
        } else {
            format!("cannot read '{shown}': {error}")
        };
        self.raise(EvalError::new(ErrorKind::File, message))
    }

    /// What lies at a path, links on the way followed.
    pub(crate) fn file_type(&mut self, at: &[u8]) -> R<Option<FileType>> {
        self.check_access(at)?;
        if self.plain_files.contains(at) {
            return Ok(Some(FileType::Regular { executable: false }));
        }
        match self.type_physical(at) {
            Ok(found) => Ok(found),
            Err(error) => self.file_error(at, &error),
        }
    }

    /// `at` with all links resolved, those of the last component only if `last` says so.
    pub(crate) fn resolve_links(&mut self, at: &[u8], last: bool) -> R<Rc<[u8]>> {
        if last && let Some(known) = self.resolved.get(at) {
            return Ok(known.clone());
        }
        let mut links = 0;
        let mut done: Vec<u8> = b"/".to_vec();
        let mut todo: Vec<Vec<u8>> = components(at);
        while let Some(next) = todo.pop() {
            if next == b".." {
                done = path::parent(&done).to_vec();
                continue;
            }
            let here = path::join(&done, &next);
            if self.folders.contains(&here[..]) {
                done = here;
                continue;
            }
            let found = self.type_physical(&here);
            if matches!(found, Ok(Some(FileType::Directory))) {
                self.folders.insert(here[..].into());
            }
            let is_link = matches!(found, Ok(Some(FileType::Symlink)));
            if !is_link || (todo.is_empty() && !last) {
                done = here;
                continue;
            }
            links += 1;
            if links > MAX_LINKS {
                let shown = String::from_utf8_lossy(at).into_owned();
                return self.fail(format!(
                    "too many symbolic links encountered while traversing the path '{shown}'"
                ));
            }
            let target = match self.read_link_physical(&here) {
                Ok(target) => target,
                Err(error) => return self.file_error(&here, &error),
            };
            if target.starts_with(b"/") {
                done = b"/".to_vec();
            }
            todo.extend(components_raw(&target));
        }
        let resolved: Rc<[u8]> = done.into();
        if last {
            self.resolved.insert(at.into(), resolved.clone());
        }
        Ok(resolved)
    }

    /// The contents of a file, as data.
    pub(crate) fn read_file(&mut self, at: &[u8]) -> R<Vec<u8>> {
        self.read_by(at, Self::data_is_read)
    }

    /// The contents of a file, as code.
    pub(crate) fn read_code(&mut self, at: &[u8]) -> R<Vec<u8>> {
        self.read_by(at, Self::code_is_read)
    }

    fn read_by(&mut self, at: &[u8], note: impl Fn(&mut Self, &[u8])) -> R<Vec<u8>> {
        let resolved = self.resolve_to_read(at)?;
        note(self, &resolved);
        self.read_resolved(at, &resolved)
    }

    /// `at` with all links resolved, if it may be read.
    fn resolve_to_read(&mut self, at: &[u8]) -> R<Rc<[u8]>> {
        self.check_access(at)?;
        let resolved = self.resolve_links(at, true)?;
        if *resolved != *at {
            self.check_access(&resolved)?;
        }
        Ok(resolved)
    }

    fn read_resolved(&mut self, at: &[u8], resolved: &[u8]) -> R<Vec<u8>> {
        match self.read_physical(resolved) {
            Ok(bytes) => Ok(bytes),
            Err(error) => self.file_error(at, &error),
        }
    }

    /// The code of a file, of which somebody may have read and lowered the text ahead.
    fn code_of(&mut self, file: &Rc<[u8]>) -> R<u32> {
        let resolved = self.resolve_to_read(file)?;
        self.code_is_read(&resolved);
        let ready = self.lowered_ahead(file);
        let is_believed = ready.is_some()
            && self
                .real_path(&resolved)
                .is_some_and(|real| self.world.was_read_ahead(&real));
        let text: Arc<[u8]> = match &ready {
            Some(ready) if is_believed => ready.text.clone(),
            _ => self.read_resolved(file, &resolved)?.into(),
        };
        let ready = ready.filter(|ready| is_believed || ready.text == text);
        self.file_code(file, text, ready)
    }

    /// The file that importing `at` reads: links followed, `default.nix` of a directory.
    pub(crate) fn import_path(&mut self, at: &[u8]) -> R<Vec<u8>> {
        let mut here = at.to_vec();
        for _ in 0..MAX_LINKS {
            if here == b"/" {
                break;
            }
            let parent = self.resolve_links(path::parent(&here), true)?;
            let resolved = path::join(&parent, path::base_name(&here));
            self.check_access(&resolved)?;
            match self.type_physical(&resolved) {
                Ok(Some(FileType::Symlink)) => {
                    let target = match self.read_link_physical(&resolved) {
                        Ok(target) => target,
                        Err(error) => return self.file_error(&resolved, &error),
                    };
                    here = if target.starts_with(b"/") {
                        path::canonical(&target)
                    } else {
                        path::canonical(&path::join(&parent, &target))
                    };
                }
                Ok(Some(FileType::Directory)) => return Ok(path::join(&here, b"default.nix")),
                Ok(Some(found)) => {
                    if resolved == here {
                        let file: Rc<[u8]> = resolved.into();
                        let is_plain = matches!(found, FileType::Regular { executable: false });
                        if is_plain && !self.may_be_edited(&file) {
                            self.plain_files.insert(file.clone());
                        }
                        self.resolved.insert(file.clone(), file);
                    }
                    return Ok(here);
                }
                Ok(None) => {
                    let error = std::io::Error::from(std::io::ErrorKind::NotFound);
                    return self.file_error(at, &error);
                }
                Err(error) => return self.file_error(at, &error),
            }
        }
        let shown = String::from_utf8_lossy(at).into_owned();
        self.fail(format!(
            "too many symbolic links encountered while traversing the path '{shown}'"
        ))
    }

    /// The value of the file at `at`, evaluated once.
    ///
    /// # Errors
    /// What reading, parsing and evaluating it raise.
    pub fn import_file(&mut self, at: &[u8]) -> R<Value> {
        if let Some(&known) = self.imports.get(at) {
            return self.force(known);
        }
        let file: Rc<[u8]> = self.import_path(at)?.into();
        let thunk = if let Some(&known) = self.imports.get(&file) {
            known
        } else {
            let code = self.code_of(&file)?;
            let thunk = self.heap.new_thunk(code, 0);
            self.imports.insert(file, thunk);
            thunk
        };
        self.imports.insert(at.into(), thunk);
        self.force(thunk)
    }

    /// Forgets which files were imported, so that they are read again.
    pub fn forget_files(&mut self) {
        self.imports.clear();
        self.texts.clear();
        self.resolved.clear();
        self.folders.clear();
        self.plain_files.clear();
    }

    /// The value of the file at `at` with the attributes of `scope` as variables; never remembered.
    pub(crate) fn scoped_import(&mut self, scope: Value, at: &[u8]) -> R<Value> {
        let (scope, shape) = self.heap.flat(scope);
        let count = self.heap.shape_length(shape);
        let names: Vec<Symbol> = (0..count).map(|i| self.heap.shape_name(shape, i)).collect();
        let env = self.heap.new_env(0, count);
        for slot in 0..count {
            let value = self.heap.attr_at(scope, slot);
            self.heap.set_env_slot(env, slot, value);
        }
        let file: Rc<[u8]> = self.import_path(at)?.into();
        let text = self.read_code(&file)?;
        let directory = path::parent(&file).to_vec();
        let code = self.parse_source(&text.into(), Origin::File(file), &directory, &names)?;
        self.eval(code, env)
    }

    /// Parses and lowers a text; `variables` are those of the environment it will run in.
    ///
    /// # Errors
    /// Where it is no expression, or a variable is undefined.
    pub fn parse_source(
        &mut self,
        text: &Arc<[u8]>,
        origin: Origin,
        base_path: &[u8],
        variables: &[Symbol],
    ) -> R<u32> {
        let ast = self.parse(text, origin, base_path)?;
        let code = self.lower(&ast, variables);
        self.spare_tree = ast.recycled();
        code
    }

    /// Lowers a tree; `variables` are those of the environment it will run in.
    pub(crate) fn lower(&mut self, ast: &Ast, variables: &[Symbol]) -> R<u32> {
        let outer = ir::Outer {
            globals: &self.globals,
            variables,
            literals: &[],
        };
        let table = &mut self.code_table;
        let lowered = ir::lower(ast, &outer, &mut self.heap, &self.symbols, table);
        lowered.or_else(|error| self.undefined(&error))
    }

    /// Parses a text.
    pub(crate) fn parse(&mut self, text: &Arc<[u8]>, origin: Origin, base_path: &[u8]) -> R<Ast> {
        let base = self.add_source_text(text, origin)?;
        self.parse_at(text, base, base_path)
    }

    /// Gives a text its positions; the first of them.
    pub(crate) fn add_source_text(&mut self, text: &Arc<[u8]>, origin: Origin) -> R<Position> {
        self.stats.files += 1;
        match self.positions.add(origin, text.clone()) {
            Some(base) => Ok(base),
            None => self.raise(EvalError::new(
                ErrorKind::Memory,
                "too much source text".to_owned(),
            )),
        }
    }

    /// Parses a text that has its positions.
    pub(crate) fn parse_at(&mut self, text: &[u8], base: Position, base_path: &[u8]) -> R<Ast> {
        let home = if self.settings.pure {
            None
        } else {
            self.settings.home.clone()
        };
        let options = ParseOptions {
            base,
            base_path,
            home: home.as_deref(),
            pipe_operators: self.settings.pipe_operators,
            lints: self.settings.lints,
        };
        let spare = std::mem::take(&mut self.spare_tree);
        let ast = match syntax::parse_into(spare, text, &options, &mut self.symbols) {
            Ok(ast) => ast,
            Err(error) => {
                let mut message = error.message;
                if let Some(earlier) = error.earlier {
                    message.push_str(&self.show_position(earlier));
                }
                let position = Position(base.0 + error.offset as u32);
                return self.raise_at(ErrorKind::Parse, position, message);
            }
        };
        for warning in &ast.warnings {
            let place = self.show_position(Position(base.0 + warning.offset as u32));
            let message = format!("warning: {}\n  at {place}", warning.message);
            self.say(message.as_bytes())?;
        }
        Ok(ast)
    }

    /// The error of a variable that is defined nowhere.
    pub(super) fn undefined<T>(&mut self, error: &ir::LowerError) -> R<T> {
        let name = self.name(error.name);
        self.raise_at(
            ErrorKind::UndefinedVariable,
            error.position,
            format!("undefined variable '{name}'"),
        )
    }

    /// Evaluates a text.
    ///
    /// # Errors
    /// What parsing and evaluating it raise.
    pub fn eval_text(&mut self, text: &[u8], origin: Origin, base_path: &[u8]) -> R<Value> {
        let code = self.parse_source(&text.into(), origin, base_path, &[])?;
        self.eval(code, 0)
    }

    /// Evaluates a text in which names stand for values.
    ///
    /// # Errors
    /// What parsing and evaluating it raise.
    pub fn eval_in_scope(
        &mut self,
        text: &[u8],
        origin: Origin,
        base_path: &[u8],
        scope: &[(Symbol, Value)],
    ) -> R<Value> {
        let names: Vec<Symbol> = scope.iter().map(|&(name, _)| name).collect();
        let code = self.parse_source(&text.into(), origin, base_path, &names)?;
        let env = self.heap.new_env(0, names.len() as u32);
        for (slot, &(_, value)) in scope.iter().enumerate() {
            self.heap.set_env_slot(env, slot as u32, value);
        }
        self.eval(code, env)
    }

    /// The path a value names, for builtins that read what lies there: what would have to be
    /// built first is refused.
    pub(crate) fn realise_path(&mut self, value: Value) -> R<Vec<u8>> {
        let context = "while realising the context of a path";
        let (path, elements) = self.coerce_to_path(value, context)?;
        self.refuse_unbuilt(elements)?;
        Ok(path)
    }

    /// `<name>`: the first entry of the search path that has it.
    pub(crate) fn find_file(&mut self, entries: &[(Vec<u8>, Vec<u8>)], name: &[u8]) -> R<Vec<u8>> {
        for (prefix, directory) in entries {
            let rest = if prefix.is_empty() {
                Some(name)
            } else {
                match name.strip_prefix(&prefix[..]) {
                    Some(b"") => Some(&b""[..]),
                    Some(rest) => rest.strip_prefix(b"/"),
                    None => None,
                }
            };
            let Some(rest) = rest else { continue };
            let candidate = if rest.is_empty() {
                path::canonical(directory)
            } else {
                path::canonical(&path::join(directory, rest))
            };
            let resolved = self.resolve_links(&candidate, true)?;
            if let Ok(Some(_)) = self.type_physical(&resolved) {
                return Ok(candidate);
            }
        }
        if name == b"nix/fetchurl.nix" {
            return Ok(crate::builtins::FETCHURL_PATH.to_vec());
        }
        let shown = String::from_utf8_lossy(name).into_owned();
        let message = if self.settings.pure {
            format!(
                "cannot look up '<{shown}>' in pure evaluation mode (use '--impure' to override)"
            )
        } else {
            format!(
                "file '{shown}' was not found in the Nix search path (add it using $NIX_PATH or -I)"
            )
        };
        self.raise(EvalError::new(ErrorKind::Thrown, message))
    }

    /// Whether a value is a path.
    pub(crate) fn is_path(&self, value: Value) -> bool {
        self.heap.kind(value) == Kind::Path
    }
}

/// The components of a normalised path, last first.
fn components(at: &[u8]) -> Vec<Vec<u8>> {
    components_raw(at)
}

/// The components of any path without `.`, last first.
fn components_raw(at: &[u8]) -> Vec<Vec<u8>> {
    at.split(|&b| b == b'/')
        .filter(|part| !part.is_empty() && *part != b".")
        .map(<[u8]>::to_vec)
        .rev()
        .collect()
}
