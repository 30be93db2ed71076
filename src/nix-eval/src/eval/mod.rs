//! Evaluation: an [`Evaluator`] holds everything that one evaluation knows, and forces values.
//! It reaches the outside through [`World`] only.

mod attributes;
mod call;
mod coerce;
mod compare;
mod decision;
pub(crate) mod edit;
pub mod error;
mod expression;
mod force;
mod hiding;
mod import;
mod inequality;
mod marks;
mod query;
mod recursion;
mod report;
mod settings;
mod store;
mod taint;

use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

use crate::builtins::{self, Builtin};
use crate::heap::{ContextTable, Heap, Remains, Shape, Value};
use crate::intrinsics::Intrinsics;
use crate::ir::CodeTable;
use crate::position::{Position, PositionTable};
use crate::saved::{Parsed, SavedFiles};
use crate::shared::Shared;
use crate::stand_in::StandIn;
use crate::symbol::{Symbol, SymbolTable};
use crate::syntax::ast::Ast;
use crate::world::World;

pub(crate) use coerce::Coercion;
pub(crate) use edit::Editable;
pub use error::{ErrorKind, EvalError, Frame, R, Raised};
pub use report::Detail;
pub(crate) use settings::spawn_with_stack;
pub use settings::{Settings, with_stack};

pub(crate) use store::display_element;
pub use store::{DerivationRecord, StoreContent};
pub(crate) use taint::Taint;

/// One evaluation: heap, names, files read, derivations made.
pub struct Evaluator {
    /// Values and code.
    pub heap: Heap,
    /// Names.
    pub symbols: SymbolTable,
    /// Sources.
    pub positions: PositionTable,
    /// String contexts.
    pub contexts: ContextTable,
    /// What the evaluation may do.
    pub settings: Settings,
    /// Files, environment, messages.
    pub world: Box<dyn World>,
    /// The builtins, by number.
    pub(crate) builtins: Vec<Builtin>,
    /// Names that are always in scope.
    pub(crate) globals: FxHashMap<Symbol, Value>,
    /// The `builtins` set.
    pub(crate) builtins_set: Value,
    /// Places and names of code.
    pub(crate) code_table: CodeTable,
    /// Values of imported files, by path.
    pub(crate) imports: FxHashMap<Rc<[u8]>, Value>,
    /// Texts of imported files, by path; of those that may be edited, none.
    pub(crate) texts: FxHashMap<Rc<[u8]>, Arc<[u8]>>,
    /// Paths with all links resolved.
    pub(crate) resolved: FxHashMap<Rc<[u8]>, Rc<[u8]>>,
    /// Paths without links that are known to be directories.
    pub(crate) folders: FxHashSet<Rc<[u8]>>,
    /// Imported files that are no links and may not be executed; of those that may be edited, none.
    pub(crate) plain_files: FxHashSet<Rc<[u8]>>,
    /// String values of symbols.
    pub(crate) symbol_strings: Vec<Value>,
    /// Compiled regular expressions.
    pub(crate) regexes: FxHashMap<Rc<[u8]>, Rc<crate::regex::Regex>>,
    /// What goes to the store.
    pub(crate) store: store::StoreState,
    /// The error that is on its way.
    pub(crate) error: Option<Box<EvalError>>,
    /// How many `tryEval`s are being evaluated, one in the other.
    pub(crate) catching: u32,
    /// Calls being made.
    pub(crate) depth: u32,
    /// Where the stack may not grow beyond.
    pub(crate) stack_limit: usize,
    /// An empty tree whose memory the next one takes over.
    pub(crate) spare_tree: Ast,
    /// The name of the image of files that earlier evaluations parsed, until it is opened.
    pub(crate) unopened_image: Option<String>,
    /// What earlier evaluations parsed.
    pub(crate) saved_files: Option<SavedFiles>,
    /// What later evaluations need not parse.
    pub(crate) parsed: Option<Parsed>,
    /// Calls whose results are shared with other evaluations.
    pub(crate) shared: Shared,
    /// The tree whose path is hidden.
    pub(crate) stand_in: StandIn,
    /// The tree that may be edited.
    pub(crate) editable: edit::Editable,
    /// What depends on what may change.
    pub(crate) taint: taint::Taint,
    /// What is known of functions of nixpkgs.
    pub(crate) intrinsics: Intrinsics,
    /// Whether something was said to whoever watches.
    pub(crate) has_spoken: bool,
    /// Whether something was said or fetched.
    was_seen: bool,
    /// Whether nothing may be said or fetched.
    is_withheld: bool,
    /// Counters for `--stats`.
    pub stats: Stats,
}

/// What an evaluation did, for comparison with `NIX_SHOW_STATS`.
#[derive(Default, Clone, Copy)]
pub struct Stats {
    /// Thunks forced.
    pub forced: u64,
    /// Functions called.
    pub calls: u64,
    /// Builtins called.
    pub builtin_calls: u64,
    /// Sets updated with `//`.
    pub updates: u64,
    /// Files parsed.
    pub files: u64,
    /// Files that were parsed by an earlier evaluation.
    pub saved_files: u64,
    /// Calls whose results were known already.
    pub shared_calls: u64,
    /// Expressions that an intrinsic evaluated.
    pub intrinsics: u64,
    /// Expressions that an intrinsic left to what was written.
    pub otherwise: u64,
}

impl Evaluator {
    /// An evaluation that has not done anything yet.
    ///
    /// # Errors
    /// Where the system refuses to reserve memory for the heap.
    pub fn new(settings: Settings, world: Box<dyn World>) -> std::io::Result<Self> {
        let mut evaluator = Self {
            heap: Heap::new()?,
            symbols: SymbolTable::new(),
            positions: PositionTable::default(),
            contexts: ContextTable::default(),
            store: store::StoreState::default(),
            settings,
            world,
            builtins: Vec::new(),
            globals: FxHashMap::default(),
            builtins_set: Value::NULL,
            code_table: CodeTable::default(),
            imports: FxHashMap::default(),
            texts: FxHashMap::default(),
            resolved: FxHashMap::default(),
            folders: FxHashSet::default(),
            plain_files: FxHashSet::default(),
            symbol_strings: Vec::new(),
            regexes: FxHashMap::default(),
            error: None,
            catching: 0,
            depth: 0,
            stack_limit: 0,
            spare_tree: Ast::default(),
            unopened_image: None,
            saved_files: None,
            parsed: None,
            shared: Shared::default(),
            stand_in: StandIn::default(),
            editable: edit::Editable::default(),
            taint: taint::Taint::default(),
            intrinsics: Intrinsics::default(),
            has_spoken: false,
            was_seen: false,
            is_withheld: false,
            stats: Stats::default(),
        };
        builtins::install(&mut evaluator);
        Ok(evaluator)
    }

    /// The place of the instruction at `code`.
    pub(crate) fn place_of(&self, code: u32) -> Position {
        self.code_table.place(code)
    }

    /// The string value of a symbol, made once.
    pub(crate) fn symbol_string(&mut self, symbol: Symbol) -> Value {
        let index = symbol.0 as usize;
        if index >= self.symbol_strings.len() {
            self.symbol_strings
                .resize(self.symbols.len().max(index + 1), Value::EMPTY);
        }
        let known = self.symbol_strings[index];
        if !known.is_empty() {
            return known;
        }
        let name = self.symbols.name(symbol);
        let string = self.heap.new_string(name, crate::heap::ContextId::EMPTY);
        if !name.is_empty() {
            self.heap.set_string_symbol(string, symbol.0);
        }
        self.symbol_strings[index] = string;
        string
    }

    /// The symbol of a string's text.
    pub(crate) fn string_to_symbol(&mut self, string: Value) -> Symbol {
        if let Some(symbol) = self.heap.string_symbol(string) {
            return Symbol(symbol);
        }
        let symbol = self.symbols.intern(self.heap.string(string));
        self.heap.set_string_symbol(string, symbol.0);
        symbol
    }

    /// The indices of a shape's names in the order in which Nix goes through them: of first
    /// appearance.
    pub(crate) fn symbol_order(&self, shape: Shape) -> SmallVec<[u32; 16]> {
        let mut order: SmallVec<[u32; 16]> = (0..self.heap.shape_length(shape)).collect();
        if !self.symbols.is_ranked_by_itself() {
            order.sort_unstable_by_key(|&index| {
                self.symbols.rank(self.heap.shape_name(shape, index))
            });
        }
        order
    }

    /// Says a line to whoever watches.
    pub(crate) fn say(&mut self, line: &[u8]) -> R<()> {
        self.be_seen()?;
        self.has_spoken = true;
        self.world.say(line);
        Ok(())
    }

    /// Called before whatever can be seen from outside: messages, and what is fetched. Raises
    /// [`ErrorKind::Withheld`] where nothing may be seen.
    pub(crate) fn be_seen(&mut self) -> R<()> {
        if self.is_withheld {
            return self.withheld();
        }
        self.was_seen = true;
        Ok(())
    }

    /// Raises what tells that this evaluation is not to be seen.
    ///
    /// # Errors
    /// [`ErrorKind::Withheld`].
    pub fn withheld<T>(&mut self) -> R<T> {
        let message = "what is shown depends on how lazily this was evaluated".to_owned();
        self.raise(EvalError::new(ErrorKind::Withheld, message))
    }

    /// From now on nothing is said or fetched: what would do so raises [`ErrorKind::Withheld`]. For
    /// an evaluation that is tried first, and of which nothing may be seen where it fails.
    pub fn withhold(&mut self) {
        self.is_withheld = true;
    }

    /// Whether [`Self::withhold`] was asked for.
    #[must_use]
    pub fn is_withheld(&self) -> bool {
        self.is_withheld
    }

    /// Ends the evaluation where the process ends soon: taking its tables apart would only cost time, and its memory
    /// may be given back while something else is waited for. `None` where all of it is left to the system.
    #[must_use]
    pub fn forget(mut self) -> Option<Remains> {
        let heap = Heap::new().ok();
        let remains = heap.map(|heap| std::mem::replace(&mut self.heap, heap).into_remains());
        std::mem::forget(self);
        remains
    }

    /// Whether something was said or fetched, so that evaluating again would be noticed.
    #[must_use]
    pub fn was_seen(&self) -> bool {
        self.was_seen
    }

    /// The name of a symbol, for messages.
    pub(crate) fn name(&self, symbol: Symbol) -> String {
        String::from_utf8_lossy(self.symbols.name(symbol)).into_owned()
    }
}
