//! Writing an image: what the one before holds, and the files that had to be parsed.

use std::io;
use std::rc::Rc;
use std::sync::Arc;

use super::beside::{Beside, Expected, Ready};
use super::draft::{Draft, Tree, start_of};
use crate::eval::{Evaluator, Settings, with_stack};
use crate::path;
use crate::position::Position;
use crate::syntax::ast::{Ast, Expr, ExprId};
use crate::world::{Saving, World};

/// Text that is worth saving, in bytes: less is parsed before an image would be written.
const WORTH_SAVING: usize = 64 << 10;
/// What is worth saving is at least this part of what was saved already. A tree that changes with
/// every edit has another path each time, and would be saved again and again.
const PART_WORTH_SAVING: usize = 16;
/// Files that are worth a thread to parse them ahead.
const FILES_WORTH_EXPECTING: usize = 16;

/// Path and text.
type ParsedFile = (Rc<[u8]>, Arc<[u8]>);

/// The files that an evaluation had to parse.
pub(crate) struct Parsed {
    image: String,
    files: Vec<ParsedFile>,
    bytes: usize,
    /// Bytes of the files that were saved already.
    reused: usize,
    /// Bytes of the files that were saved, but for which there is no place beside the values that
    /// are in use.
    pub(super) displaced: usize,
    help: Help,
}

/// The thread that parses beside the evaluation.
enum Help {
    /// There was no need of one yet; what it will be told to expect.
    Needless(Vec<Expected>),
    Here(Beside),
    /// There is none to be had.
    Refused,
}

impl Parsed {
    pub(super) fn new(image: String) -> Self {
        Self {
            image,
            files: Vec::new(),
            bytes: 0,
            reused: 0,
            displaced: 0,
            help: Help::Needless(Vec::new()),
        }
    }

    pub(super) fn reuse(&mut self, text: &[u8]) {
        self.reused += text.len();
    }

    fn add(&mut self, path: Rc<[u8]>, text: Arc<[u8]>) {
        self.bytes += text.len();
        if let Help::Here(beside) = &mut self.help {
            beside.parsed(&path, &text);
        }
        self.files.push((path, text));
    }

    /// Whether there is enough to be done for a thread.
    fn needs_help(&self) -> bool {
        match &self.help {
            Help::Needless(expected) => {
                self.bytes >= WORTH_SAVING || expected.len() >= FILES_WORTH_EXPECTING
            }
            Help::Here(_) | Help::Refused => false,
        }
    }
}

/// Files that later evaluations need not parse, once they are saved.
pub struct Unsaved {
    image: String,
    settings: Settings,
    now: i64,
    files: Vec<(Vec<u8>, Arc<[u8]>)>,
    beside: Option<Beside>,
}

impl Evaluator {
    /// Whether many files were parsed because they have no place beside the values that are in use.
    pub(crate) fn has_displaced_files(&self) -> bool {
        let parsed = self.parsed.as_ref();
        parsed.is_some_and(|parsed| {
            parsed.displaced >= WORTH_SAVING.max(parsed.reused / PART_WORTH_SAVING)
        })
    }

    /// What a thread made of a file ahead.
    pub(super) fn parsed_ahead(&mut self, path: &[u8], text: &[u8]) -> Option<Ready> {
        let parsed = self.parsed.as_mut()?;
        let Help::Here(beside) = &mut parsed.help else {
            return None;
        };
        beside.ready(path).filter(|ready| *ready.text == *text)
    }

    /// The tree of a file with its text at `base`.
    pub(super) fn tree_ahead(&mut self, tree: Tree, base: Position) -> Option<Ast> {
        let parsed = self.parsed.as_mut()?;
        let Help::Here(beside) = &mut parsed.help else {
            return None;
        };
        Some(beside.tree(tree, base, &mut self.symbols))
    }

    /// A tree that was parsed ahead is of no use any more.
    pub(super) fn tree_is_used(&mut self, tree: Ast) {
        let parsed = self.parsed.as_mut();
        if let Some(Help::Here(beside)) = parsed.map(|parsed| &mut parsed.help) {
            beside.is_used(tree);
        }
    }

    /// Notes that a file was parsed, and has the files parsed ahead that it will ask for.
    pub(super) fn was_parsed(&mut self, path: &Rc<[u8]>, text: Arc<[u8]>, ast: &Ast) {
        if self.parsed.is_none() {
            return;
        }
        let expected = self.expected_by(path, ast);
        let Some(parsed) = &mut self.parsed else {
            return;
        };
        parsed.add(path.clone(), text);
        match &mut parsed.help {
            Help::Needless(earlier) => earlier.extend(expected),
            Help::Here(beside) if !expected.is_empty() => beside.expect(expected),
            Help::Here(_) | Help::Refused => {}
        }
        if parsed.needs_help() {
            self.start_help();
        }
    }

    fn start_help(&mut self) {
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
            self.world.now(),
            parsed.image.clone(),
            self.world.saved(&parsed.image),
            saving,
            self.world.reader(),
        );
        let Some(mut beside) = beside else {
            return;
        };
        for (path, text) in &parsed.files {
            beside.parsed(path, text);
        }
        let is_new = |file: &Expected| !self.imports.contains_key(&file.path[..]);
        beside.expect(expected.into_iter().filter(is_new).collect());
        parsed.help = Help::Here(beside);
    }

    /// The files that a file will ask for, by what it looks like: those beside it, those that it imports,
    /// and those in a list of many, which is one of modules.
    fn expected_by(&mut self, path: &[u8], ast: &Ast) -> Vec<Expected> {
        let folder = path::parent(path);
        let import = self.symbols.find(b"import");
        let file = |id: ExprId| match ast.get(id) {
            Expr::Path(named) if named.ends_with(b".nix") => Some(&**named),
            _ => None,
        };
        let mut found: Vec<&[u8]> = Vec::new();
        for expr in &ast.exprs {
            match expr {
                Expr::Path(named) if named.ends_with(b".nix") && path::parent(named) == folder => {
                    found.push(named);
                }
                Expr::Call { function, args, .. } if matches!(ast.get(*function), Expr::Var(name, _) if Some(*name) == import) =>
                {
                    found.extend(file(args[0]));
                }
                Expr::List(elements) if elements.len() >= FILES_WORTH_EXPECTING => {
                    found.extend(elements.iter().filter_map(|&element| file(element)));
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

    /// What there is to save, where that is worth it.
    pub fn take_unsaved(&mut self) -> Option<Unsaved> {
        let parsed = self.parsed.take_if(|parsed| {
            parsed.bytes >= WORTH_SAVING.max(parsed.reused / PART_WORTH_SAVING)
        })?;
        let files = parsed.files.into_iter();
        Some(Unsaved {
            image: parsed.image,
            settings: self.settings.clone(),
            now: self.world.now(),
            files: files.map(|(path, text)| (path.to_vec(), text)).collect(),
            beside: match parsed.help {
                Help::Here(beside) => Some(beside),
                Help::Needless(_) | Help::Refused => None,
            },
        })
    }
}

impl Unsaved {
    /// Saves what came of parsing the files.
    ///
    /// # Errors
    /// As the system reports them. Nothing depends on its success but the speed of what follows.
    pub fn save(mut self, world: &mut (dyn World + Send)) -> io::Result<()> {
        let saved = world.saved(&self.image);
        // Others may have saved more meanwhile, which has to be continued then.
        if let Some(beside) = self.beside.take()
            && beside.continues() == start_of(saved.as_deref())
            && beside.finish()
        {
            return Ok(());
        }
        let Some(saving) = world.saving(&self.image) else {
            return Ok(());
        };
        with_stack(|| self.parse_again(world, saving))?.unwrap_or(Ok(()))
    }

    /// Parses the files once more, where nothing else is going on.
    fn parse_again(&self, world: &mut dyn World, saving: Box<dyn Saving>) -> io::Result<()> {
        let before = world.saved(&self.image);
        let settings = self.settings.clone();
        let draft = Draft::begin(settings, self.now, &self.image, before.as_deref(), saving)?;
        let Some(mut draft) = draft else {
            return Ok(());
        };
        for (path, text) in &self.files {
            draft.add(path, text)?;
        }
        draft.finish()
    }
}
