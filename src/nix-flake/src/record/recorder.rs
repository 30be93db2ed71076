//! The world of an evaluation that is recorded: it passes every question on, and notes those whose
//! answer its key does not settle.

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use nix_eval::eval::StoreContent;
use nix_eval::path;
use nix_eval::world::{
    FetchRequest, Fetched, FileType, InputAttributes, LockedFlake, Reader, Saved, Saving, Tree,
    TreeRequest, TreeSource, World,
};
use nix_store::StoreDir;
use nix_store::nar::MemoryTree;

use super::tree::{self, Question};
use super::{Shared, word};
use crate::fetch::cache::Cache;
use crate::fetch::tree::os;
use crate::listing;
use crate::notes::{self, Asked};

/// A world that takes notes.
pub(crate) struct Recorder<W> {
    world: W,
    notes: Shared,
    store: StoreDir,
    cache: Cache,
    /// Folders whose content is settled by a hash in the key.
    settled: Vec<Vec<u8>>,
    /// The flake's own tree and where it lies, where the key has no hash of it.
    own: Option<(Vec<u8>, Arc<MemoryTree>)>,
}

/// What lies at a path, in a record's words; `None` where nobody can say.
pub(super) fn look(path: &[u8]) -> Option<&'static str> {
    match std::fs::symlink_metadata(os(path)) {
        Ok(metadata) => {
            let executable = metadata.permissions().mode() & 0o100 != 0;
            Some(word(Some(listing::file_type(
                metadata.file_type(),
                executable,
            ))))
        }
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            Some(word(None))
        }
        Err(_) => None,
    }
}

impl<W: World> Recorder<W> {
    /// Notes what is asked of `world` by the evaluation of a flake.
    pub(crate) fn new(
        world: W,
        flake: &LockedFlake,
        cache: &Cache,
        own: Option<(Vec<u8>, Arc<MemoryTree>)>,
        notes: Shared,
    ) -> Self {
        let mut recorder = Self {
            world,
            notes,
            store: StoreDir::default(),
            cache: cache.clone(),
            settled: Vec::new(),
            own,
        };
        for (node, tree, _) in &flake.trees {
            if flake.hidden_node.as_ref() != Some(node) {
                let place = recorder.place(tree);
                recorder.settled.extend(place);
            }
        }
        recorder
    }

    /// Where the files of a tree are.
    fn place(&self, tree: &Tree) -> Option<Vec<u8>> {
        match &tree.content {
            None => Some(self.store.print(&tree.store_path)),
            Some(StoreContent::Tree(root, _)) => Some(root.to_vec()),
            Some(StoreContent::Text(_)) => None,
        }
    }

    fn lose(&self) {
        self.notes.borrow_mut().is_lost = true;
    }

    /// Whether the key settles what is at a path.
    fn is_settled(&self, at: &[u8]) -> bool {
        self.settled
            .iter()
            .any(|folder| path::is_within(at, folder))
    }

    /// Notes what was seen at a path that the key does not settle.
    fn looked(&self, path: &[u8], found: Option<&'static str>) {
        match found {
            Some(found) => {
                let mut notes = self.notes.borrow_mut();
                notes.looked.insert(path.to_vec(), found);
            }
            None => self.lose(),
        }
    }

    /// Notes what was asked by an earlier evaluation whose values are used.
    fn asked(&self, asked: &Asked<'_>) {
        match asked {
            Asked::Type(path) | Asked::Path(path) if self.is_settled(path) => {}
            Asked::Type(path) => self.looked(path, look(path)),
            Asked::Path(_) | Asked::Variable => self.lose(),
        }
    }

    /// Notes a question about the content of a path.
    fn touch(&self, question: Question, at: &[u8]) {
        if !self.is_settled(at) && !self.is_noted(question, at) {
            self.lose();
        }
    }

    /// Notes what the flake's own tree answers, if it is asked.
    fn is_noted(&self, question: Question, at: &[u8]) -> bool {
        let Some((root, own)) = &self.own else {
            return false;
        };
        let Some(below) = path::below(at, root) else {
            return false;
        };
        match std::str::from_utf8(below) {
            Ok(place) => {
                let mut notes = self.notes.borrow_mut();
                let known = notes.read.entry(question).or_default();
                if !known.contains_key(place) {
                    known.insert(place.to_owned(), tree::answer(own, question, below));
                }
            }
            Err(_) => self.lose(),
        }
        true
    }

    /// Whether a tree that is fetched during evaluation is what the lock file says, and stays so.
    fn is_locked(&self, request: &TreeRequest, tree: &Tree) -> bool {
        let TreeSource::Attributes(attributes) = &request.source else {
            return false;
        };
        if !request.is_final || !attributes.contains_key("narHash") {
            return false;
        }
        match &tree.content {
            None => true,
            Some(StoreContent::Tree(root, None)) => self.cache.is_immutable(root),
            Some(_) => false,
        }
    }
}

impl<W: World> World for Recorder<W> {
    fn read_file(&mut self, path: &[u8]) -> io::Result<Vec<u8>> {
        self.touch(Question::Content, path);
        self.world.read_file(path)
    }

    fn file_type(&mut self, path: &[u8]) -> io::Result<Option<FileType>> {
        let found = self.world.file_type(path);
        // nixpkgs looks for the user's overlays, and links are resolved from the root on.
        if !self.is_settled(path) && !self.is_noted(Question::Type, path) {
            self.looked(path, found.as_ref().ok().map(|found| word(*found)));
        }
        found
    }

    fn read_dir(&mut self, path: &[u8]) -> io::Result<Vec<(Vec<u8>, FileType)>> {
        self.touch(Question::Listing, path);
        self.world.read_dir(path)
    }

    fn read_link(&mut self, path: &[u8]) -> io::Result<Vec<u8>> {
        self.touch(Question::Link, path);
        self.world.read_link(path)
    }

    fn variable(&mut self, name: &[u8]) -> Option<Vec<u8>> {
        self.lose();
        self.world.variable(name)
    }

    fn now(&mut self) -> i64 {
        self.lose();
        self.world.now()
    }

    fn time_of_saving(&mut self) -> i64 {
        self.world.time_of_saving()
    }

    fn say(&mut self, message: &[u8]) {
        self.world.say(message);
    }

    fn fetch(&mut self, request: &FetchRequest) -> Result<Fetched, String> {
        self.lose();
        self.world.fetch(request)
    }

    // What was saved is the parsed form of texts, found by their content.
    fn saved(&mut self, name: &str) -> Option<Box<dyn Saved>> {
        self.world.saved(name)
    }

    fn saving(&mut self, name: &str) -> Option<Box<dyn Saving>> {
        self.world.saving(name)
    }

    fn was_read_ahead(&mut self, path: &[u8]) -> bool {
        self.touch(Question::Content, path);
        self.world.was_read_ahead(path)
    }

    // What it reads is recorded when it is used.
    fn reader(&mut self) -> Option<Box<dyn Reader>> {
        self.world.reader()
    }

    // Values that were saved are values of files: what those are is noted below.
    fn saved_values(&mut self, name: &str) -> Option<Box<dyn Saved>> {
        self.world.saved_values(name)
    }

    fn save_values(&mut self, name: &str, parts: &[&[u8]]) -> io::Result<()> {
        self.world.save_values(name, parts)
    }

    fn start_notes(&mut self) {
        self.world.start_notes();
    }

    fn take_notes(&mut self) -> Option<Vec<u8>> {
        self.world.take_notes()
    }

    // Saved values stand for all that was read to make them, which then is not read again.
    fn is_as_noted(&mut self, notes: &[u8]) -> bool {
        let holds = self.world.is_as_noted(notes);
        if holds {
            match notes::asked(notes) {
                Some(asked) => asked.into_iter().for_each(|asked| self.asked(&asked)),
                None => self.lose(),
            }
        }
        holds
    }

    // These two read a text, and nothing else.
    fn parse_flake_ref(&mut self, text: &str) -> Result<InputAttributes, String> {
        self.world.parse_flake_ref(text)
    }

    fn show_flake_ref(&mut self, attributes: &InputAttributes) -> Result<String, String> {
        self.world.show_flake_ref(attributes)
    }

    fn fetch_tree(&mut self, request: &TreeRequest) -> Result<Tree, String> {
        let tree = self.world.fetch_tree(request);
        match &tree {
            Ok(tree) if self.is_locked(request, tree) => {
                let place = self.place(tree);
                self.settled.extend(place);
            }
            _ => self.lose(),
        }
        tree
    }

    fn lock_flake(&mut self, reference: &str, pure: bool) -> Result<LockedFlake, String> {
        self.lose();
        self.world.lock_flake(reference, pure)
    }
}
