//! What is parsed ahead: the files that a file will ask for, by what it looks like, and the thread that is told
//! of them (`beside.rs`) as the evaluation sees it.

use super::beside::{Beside, Expected, Ready};
use super::draft::Tree;
use crate::eval::Evaluator;
use crate::path;
use crate::position::Position;
use crate::syntax::ast::{Ast, Expr, ExprId};

/// Files that are worth a thread to parse them ahead.
pub(super) const FILES_WORTH_EXPECTING: usize = 16;

/// The thread that parses beside the evaluation.
pub(super) enum Help {
    /// There was no need of one yet; what it will be told to expect.
    Needless(Vec<Expected>),
    Here(Beside),
    /// There is none to be had.
    Refused,
}

impl Help {
    fn beside(&mut self) -> Option<&mut Beside> {
        match self {
            Self::Here(beside) => Some(beside),
            Self::Needless(_) | Self::Refused => None,
        }
    }
}

impl Evaluator {
    /// What a thread made of a file ahead.
    pub(super) fn parsed_ahead(&mut self, path: &[u8], text: &[u8]) -> Option<Ready> {
        let beside = self.parsed.as_mut()?.help.beside()?;
        beside.ready(path).filter(|ready| *ready.text == *text)
    }

    /// The tree of a file with its text at `base`.
    pub(super) fn tree_ahead(&mut self, tree: Tree, base: Position) -> Option<Ast> {
        let beside = self.parsed.as_mut()?.help.beside()?;
        Some(beside.tree(tree, base, &mut self.symbols))
    }

    /// A tree that was parsed ahead is of no use any more.
    pub(super) fn tree_is_used(&mut self, tree: Ast) {
        let parsed = self.parsed.as_mut();
        if let Some(beside) = parsed.and_then(|parsed| parsed.help.beside()) {
            beside.is_used(tree);
        }
    }

    /// Starts the thread, where there is none and one can be had.
    pub(super) fn start_help(&mut self) {
        let Some(parsed) = &mut self.parsed else {
            return;
        };
        let Help::Needless(expected) = std::mem::replace(&mut parsed.help, Help::Refused) else {
            return;
        };
        if std::thread::available_parallelism().map_or(1, usize::from) < 2 {
            return;
        }
        let Some(saving) = self.world.saving(&parsed.image) else {
            return;
        };
        let beside = Beside::start(
            self.settings.clone(),
            self.world.time_of_saving(),
            parsed.image.clone(),
            self.world.saved(&parsed.image),
            saving,
            self.world.reader(),
        );
        let Some(mut beside) = beside else {
            return;
        };
        for file in &parsed.files {
            beside.parsed(file.clone());
        }
        let is_new = |file: &Expected| !self.imports.contains_key(&file.path[..]);
        beside.expect(expected.into_iter().filter(is_new).collect());
        parsed.help = Help::Here(beside);
    }

    /// The files that a file will ask for, by what it looks like: those beside it, those that it imports,
    /// and those in a list of many, which is one of modules.
    pub(super) fn expected_by(&mut self, path: &[u8], ast: &Ast) -> Vec<Expected> {
        let folder = path::parent(path);
        let import = self.symbols.find(b"import");
        let nix_file = |named| {
            let named = ast.text(named);
            named.ends_with(b".nix").then_some(named)
        };
        let file = |id: ExprId| match ast.get(id) {
            Expr::Path(named) => nix_file(*named),
            _ => None,
        };
        let is_import = |id: ExprId| match ast.get(id) {
            Expr::Var(name, _) => Some(*name) == import,
            _ => false,
        };
        let mut found: Vec<&[u8]> = Vec::new();
        for expr in &ast.exprs {
            match expr {
                Expr::Path(named) => {
                    let beside = nix_file(*named).filter(|named| path::parent(named) == folder);
                    found.extend(beside);
                }
                Expr::Call { function, args, .. } if is_import(*function) => {
                    found.extend(file(ast.ids(*args)[0]));
                }
                Expr::List(elements) if elements.len() >= FILES_WORTH_EXPECTING => {
                    let elements = ast.ids(*elements).iter();
                    found.extend(elements.filter_map(|&element| file(element)));
                }
                _ => {}
            }
        }
        let mut expected = Vec::new();
        for path in found {
            let saved = self.saved_files.as_ref();
            let is_saved = saved.is_some_and(|saved| saved.entries.contains_key(path));
            if !is_saved
                && !self.imports.contains_key(path)
                && let Some(real) = self.real_path(path)
            {
                expected.push(Expected {
                    path: path.into(),
                    real: real.into(),
                });
            }
        }
        expected
    }
}
