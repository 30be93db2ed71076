//! Writing an image: what the one before holds, and the files that had to be parsed.

use std::io;
use std::sync::Arc;

use super::ahead::Help;
use super::beside::Beside;
use super::draft::{Draft, start_of};
use super::expected::FILES_WORTH_EXPECTING;
use crate::eval::{Evaluator, Settings, with_stack};
use crate::world::{Saving, World};

/// Text that is worth saving, in bytes: less is parsed before an image would be written.
const WORTH_SAVING: usize = 64 << 10;
/// What is worth saving is at least this part of what was saved already. A tree that changes with
/// every edit has another path each time, and would be saved again and again.
const PART_WORTH_SAVING: usize = 16;
/// A file that was parsed.
#[derive(Clone)]
pub(super) struct ParsedFile {
    pub(super) path: Box<[u8]>,
    pub(super) text: Arc<[u8]>,
}

/// The files that an evaluation had to parse.
pub(crate) struct Parsed {
    pub(super) image: String,
    pub(super) files: Vec<ParsedFile>,
    bytes: usize,
    /// Bytes of the files that were saved already.
    reused: usize,
    /// Bytes of the files that were saved, but for which there is no place beside the values that
    /// are in use.
    pub(super) displaced: usize,
    pub(super) help: Help,
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

    fn add(&mut self, file: ParsedFile) {
        self.bytes += file.text.len();
        if let Help::Here(beside) = &mut self.help {
            beside.parsed(file.clone());
        }
        self.files.push(file);
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
    files: Vec<ParsedFile>,
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

    /// Notes that a file was parsed, and has the files parsed ahead that it will ask for.
    pub(super) fn was_parsed(&mut self, path: &[u8], text: Arc<[u8]>, named: Vec<Box<[u8]>>) {
        let expected = self.expected(named);
        let Some(parsed) = &mut self.parsed else {
            return;
        };
        let path = path.into();
        parsed.add(ParsedFile { path, text });
        match &mut parsed.help {
            Help::Needless(earlier) => earlier.extend(expected),
            Help::Here(beside) if !expected.is_empty() => beside.expect(expected),
            Help::Here(_) | Help::Refused => {}
        }
        if parsed.needs_help() {
            self.start_help();
        }
    }

    /// What there is to save, where that is worth it.
    pub fn take_unsaved(&mut self) -> Option<Unsaved> {
        let parsed = self.parsed.take_if(|parsed| {
            parsed.bytes >= WORTH_SAVING.max(parsed.reused / PART_WORTH_SAVING)
        })?;
        Some(Unsaved {
            image: parsed.image,
            settings: self.settings.clone(),
            now: self.world.time_of_saving(),
            files: parsed.files,
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
        for file in &self.files {
            draft.add(&file.path, &file.text)?;
        }
        draft.finish()
    }
}
