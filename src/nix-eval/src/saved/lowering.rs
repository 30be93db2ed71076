//! Parsing and lowering where nothing else is going on, so that what comes of each file lies together: for
//! an image, or for an evaluation that goes on meanwhile.

use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::sync::Arc;

use super::image::Record;
use super::image_name;
use crate::eval::{Evaluator, Settings};
use crate::path;
use crate::position::Origin;
use crate::syntax::ast::Ast;
use crate::world::{FetchRequest, Fetched, FileType, World};

/// An evaluator that does nothing but parse and lower files.
pub(super) struct Lowering {
    pub(super) evaluator: Evaluator,
    has_spoken: Rc<Cell<bool>>,
    /// Where memory begins that has not been given back.
    kept: (u32, u32),
}

/// What came of a file, and where it belongs.
pub(super) struct Lowered {
    /// The instruction it starts with.
    pub(super) root: u32,
    /// The granule's word where its part of the data starts.
    pub(super) data: u32,
    /// The word of code where its part starts.
    pub(super) code: u32,
    /// The position of its first byte.
    pub(super) position: u32,
    pub(super) record: Record,
}

impl Lowering {
    /// One that makes what fits an image called `name`; `None` where these settings make another one.
    ///
    /// # Errors
    /// As the system reports them.
    pub(super) fn new(settings: Settings, now: i64, name: &str) -> io::Result<Option<Self>> {
        let has_spoken = Rc::new(Cell::new(false));
        let nowhere = Nowhere {
            now,
            has_spoken: has_spoken.clone(),
        };
        let mut evaluator = Evaluator::new(settings, Box::new(nowhere))?;
        evaluator.start_on_this_stack();
        Ok((image_name(&evaluator) == name).then_some(Self {
            evaluator,
            has_spoken,
            kept: (0, 0),
        }))
    }

    /// What was made until now belongs to no file.
    pub(super) fn start(&mut self) {
        self.evaluator.symbols.forget_appearances();
        self.evaluator.code_table.take();
        self.evaluator.heap.be_frugal();
        self.kept = self.evaluator.heap.ends();
    }

    /// Parses and lowers a file, and has a look at its tree; `None` where it is no expression, or says
    /// something: what warns has to be parsed each time.
    pub(super) fn lower<T>(
        &mut self,
        path: &[u8],
        text: &Arc<[u8]>,
        look: impl FnOnce(&Evaluator, &Ast) -> T,
    ) -> Option<(Lowered, T)> {
        let evaluator = &mut self.evaluator;
        let (data_start, code_start) = evaluator.heap.ends();
        let position = evaluator.positions.next();
        self.has_spoken.set(false);
        let ast = evaluator.parse(text, Origin::File(path.into()), path::parent(path));
        let lowered = ast.ok().map(|ast| {
            let root = evaluator.lower(&ast, &[]).ok();
            let seen = look(evaluator, &ast);
            evaluator.spare_tree = ast.recycled();
            (root, seen)
        });
        let (data, code) = evaluator.heap.words_since(data_start, code_start);
        let part = evaluator.code_table.take();
        let symbols = evaluator.symbols.take_appearances();
        self.kept = evaluator.heap.give_back(self.kept);
        let (root, seen) = lowered?;
        let root = root.filter(|_| !self.has_spoken.get())?;
        let places = part.places.iter();
        let names = part.names.iter();
        let record = Record {
            code,
            data,
            places: places.map(|&(code, at)| (code, at.0)).collect(),
            names: names.map(|&(code, name)| (code, name.0)).collect(),
            symbols,
        };
        let lowered = Lowered {
            root,
            data: data_start,
            code: code_start,
            position,
            record,
        };
        Some((lowered, seen))
    }
}

/// A world without anything in it, for an evaluator that only parses.
struct Nowhere {
    now: i64,
    has_spoken: Rc<Cell<bool>>,
}

fn nothing<T>() -> io::Result<T> {
    Err(io::ErrorKind::NotFound.into())
}

impl World for Nowhere {
    fn read_file(&mut self, _: &[u8]) -> io::Result<Vec<u8>> {
        nothing()
    }

    fn file_type(&mut self, _: &[u8]) -> io::Result<Option<FileType>> {
        Ok(None)
    }

    fn read_dir(&mut self, _: &[u8]) -> io::Result<Vec<(Vec<u8>, FileType)>> {
        nothing()
    }

    fn read_link(&mut self, _: &[u8]) -> io::Result<Vec<u8>> {
        nothing()
    }

    fn variable(&mut self, _: &[u8]) -> Option<Vec<u8>> {
        None
    }

    fn now(&mut self) -> i64 {
        self.now
    }

    fn say(&mut self, _: &[u8]) {
        self.has_spoken.set(true);
    }

    fn fetch(&mut self, _: &FetchRequest) -> Result<Fetched, String> {
        Err("nothing is fetched here".to_owned())
    }
}
