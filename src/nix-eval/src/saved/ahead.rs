//! The thread that lowers files ahead (`beside.rs`) as the evaluation sees it: when there is one, what it is
//! told, and what it is asked.

use super::beside::{Beside, Claim, Expected, Task};
use super::room::Ready;
use crate::eval::Evaluator;

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
    /// What a thread made of a file ahead, of the text that it found there.
    pub(crate) fn lowered_ahead(&mut self, path: &[u8]) -> Option<Ready> {
        self.parsed.as_mut()?.help.beside()?.ready(path)
    }

    /// Starts the thread, where there is none and one can be had.
    pub(super) fn start_help(&mut self) {
        let Some(parsed) = &mut self.parsed else {
            return;
        };
        let Help::Needless(expected) = std::mem::replace(&mut parsed.help, Help::Refused) else {
            return;
        };
        if let Some(beside) = self.new_help(expected)
            && let Some(parsed) = &mut self.parsed
        {
            parsed.help = Help::Here(beside);
        }
    }

    fn new_help(&mut self, expected: Vec<Expected>) -> Option<Beside> {
        if std::thread::available_parallelism().map_or(1, usize::from) < 2 {
            return None;
        }
        let claim = Claim::make()?;
        let image = self.parsed.as_ref()?.image.clone();
        let task = Task {
            settings: self.settings.clone(),
            now: self.world.time_of_saving(),
            before: self.world.saved(&image),
            saving: self.world.saving(&image)?,
            reader: self.world.reader(),
            room: self.make_room()?,
            image,
        };
        let mut beside = Beside::start(claim, task)?;
        for file in &self.parsed.as_ref()?.files {
            beside.parsed(file.clone());
        }
        let is_new = |file: &Expected| !self.imports.contains_key(&file.path[..]);
        beside.expect(expected.into_iter().filter(is_new).collect());
        Some(beside)
    }

    /// Those of the files named that are not known yet.
    pub(super) fn expected(&mut self, named: Vec<Box<[u8]>>) -> Vec<Expected> {
        let mut expected = Vec::new();
        for path in named {
            let saved = self.saved_files.as_ref();
            let is_saved = saved.is_some_and(|saved| saved.entries.contains_key(&path[..]));
            if !is_saved
                && !self.imports.contains_key(&path[..])
                && let Some(real) = self.real_path(&path)
            {
                let real = real.into();
                expected.push(Expected {
                    path,
                    real,
                    text: None,
                });
            }
        }
        expected
    }
}
