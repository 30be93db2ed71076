//! What an evaluation puts into the store, in thought: derivations, copied sources, texts. Paths
//! are computed; nothing is written here.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use nix_store::StorePath;
use nix_store::derivation::{Derivation, DerivationError, Instantiated, ModuloHash};
use nix_store::hash::{Algorithm, Hash};
use nix_store::nar::{self, FileKind, FileTree, WriteError};
use nix_store::{ContentAddress, Method};
use nix_store::{References, StoreDir};
use rustc_hash::{FxHashMap, FxHashSet};

use super::{ErrorKind, EvalError, Evaluator, R, Raised};
use crate::builtins;
use crate::heap::{ContextElement, ContextId, Value};
use crate::path;
use crate::position::Position;
use crate::shared::Source;
use crate::world::FileType;

/// A derivation that was made or read.
pub struct DerivationRecord {
    /// The `.drv` file's text; empty where nobody will ask for it.
    pub aterm: Box<[u8]>,
    /// What stands for it in the hashes of those that use it.
    pub modulo: ModuloHash,
    /// Output names, with their paths where those are known.
    pub outputs: BTreeMap<Vec<u8>, Option<StorePath>>,
    /// Store paths it uses directly.
    pub input_sources: BTreeSet<StorePath>,
    /// Derivations it uses.
    pub input_derivations: BTreeSet<StorePath>,
}

/// What a store path that is no derivation holds.
#[derive(Clone)]
pub enum StoreContent {
    /// A file or directory that was copied; for a filtered one the paths that were kept, relative
    /// to it.
    Tree(Rc<[u8]>, Option<Rc<FxHashSet<Vec<u8>>>>),
    /// A text.
    Text(Rc<[u8]>),
}

/// Everything that was put into the store.
#[derive(Default)]
pub(crate) struct StoreState {
    dir: Option<Rc<StoreDir>>,
    pub(crate) derivations: FxHashMap<StorePath, DerivationRecord>,
    pub(crate) contents: BTreeMap<StorePath, StoreContent>,
    /// Store paths of sources by path, so that each is hashed once.
    copied: FxHashMap<Rc<[u8]>, StorePath>,
    /// Whether nobody will ask for the texts of derivations.
    is_without_texts: bool,
    /// Working trees by store path: messages name the file that their user edits.
    work_trees: BTreeMap<StorePath, Rc<[u8]>>,
}

impl StoreState {
    /// Sources that were copied, by path.
    pub(crate) fn copied(&self) -> &FxHashMap<Rc<[u8]>, StorePath> {
        &self.copied
    }

    /// The paths of sources that were copied.
    pub(crate) fn copied_sources(&self) -> Vec<Rc<[u8]>> {
        self.copied.keys().cloned().collect()
    }

    /// Forgets that a source was copied.
    pub(crate) fn forget_copy(&mut self, source: &[u8]) {
        self.copied.remove(source);
    }

    /// Knows of sources that were copied.
    pub(crate) fn restore_copied(&mut self, copied: impl Iterator<Item = (Rc<[u8]>, StorePath)>) {
        self.copied.extend(copied);
    }
}

/// How a context element is written in messages.
pub(crate) fn display_element(element: &ContextElement) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match element {
        ContextElement::Opaque(path) => text(path),
        ContextElement::DrvDeep(path) => format!("{} (deep)", text(path)),
        ContextElement::Built {
            through,
            drv,
            output,
        } => {
            let mut shown = text(drv);
            for name in through.iter().chain([output]) {
                shown.push('^');
                shown.push_str(&text(name));
            }
            shown
        }
    }
}

/// What decides of each path in a tree whether it is kept.
type Keeps<'a> = dyn FnMut(&mut Evaluator, &[u8], FileKind) -> R<bool> + 'a;

/// A failure on the way through a file tree.
enum TreeError {
    Io(Vec<u8>, std::io::Error),
    Raised(Raised),
}

/// A file tree as the evaluator sees it, for archiving.
struct EvaluatorTree<'a, 'e> {
    evaluator: &'a RefCell<&'e mut Evaluator>,
    root: &'a [u8],
    /// Whether files are left out, so that only what there is is looked at.
    is_skimmed: bool,
    /// What there is, as far as listings told.
    listed: FxHashMap<Vec<u8>, FileType>,
}

impl EvaluatorTree<'_, '_> {
    fn at(&self, relative: &[u8]) -> Vec<u8> {
        if relative.is_empty() {
            self.root.to_vec()
        } else {
            path::join(self.root, relative)
        }
    }
}

impl FileTree for EvaluatorTree<'_, '_> {
    type Error = TreeError;

    fn kind(&mut self, relative: &[u8]) -> Result<FileKind, TreeError> {
        match self.listed.remove(relative) {
            Some(FileType::Regular { executable }) => {
                return Ok(FileKind::Regular { executable });
            }
            Some(FileType::Directory) => return Ok(FileKind::Directory),
            Some(FileType::Symlink) => return Ok(FileKind::Symlink),
            Some(FileType::Unknown) | None => {}
        }
        let at = self.at(relative);
        match self.evaluator.borrow_mut().file_type(&at) {
            Ok(Some(FileType::Regular { executable })) => Ok(FileKind::Regular { executable }),
            Ok(Some(FileType::Directory)) => Ok(FileKind::Directory),
            Ok(Some(FileType::Symlink)) => Ok(FileKind::Symlink),
            Ok(Some(FileType::Unknown)) => Ok(FileKind::Other),
            Ok(None) => Err(TreeError::Io(at, std::io::ErrorKind::NotFound.into())),
            Err(raised) => Err(TreeError::Raised(raised)),
        }
    }

    fn read(
        &mut self,
        relative: &[u8],
        contents: &mut dyn nar::Contents<TreeError>,
    ) -> Result<(), TreeError> {
        if self.is_skimmed {
            contents.size(0)?;
            return contents.write(&[]);
        }
        let at = self.at(relative);
        let mut evaluator = self.evaluator.borrow_mut();
        evaluator.data_is_read(&at);
        if let Some(text) = evaluator.texts.get(&at[..]) {
            contents.size(text.len() as u64)?;
            return contents.write(text);
        }
        let read = evaluator.read_physical(&at);
        drop(evaluator);
        let bytes = read.map_err(|error| TreeError::Io(at, error))?;
        contents.size(bytes.len() as u64)?;
        contents.write(&bytes)
    }

    fn list(&mut self, relative: &[u8]) -> Result<Vec<Vec<u8>>, TreeError> {
        let at = self.at(relative);
        match self.evaluator.borrow_mut().list_physical(&at) {
            Ok(entries) => {
                // Whether a file may be executed is told by none, and matters only to the hash.
                let is_told = |kind| self.is_skimmed || !matches!(kind, FileType::Regular { .. });
                let told = entries.iter().filter(|entry| is_told(entry.1));
                self.listed.extend(told.map(|(name, kind)| {
                    let mut path = relative.to_vec();
                    if !path.is_empty() {
                        path.push(b'/');
                    }
                    path.extend_from_slice(name);
                    (path, *kind)
                }));
                Ok(entries.into_iter().map(|(name, _)| name).collect())
            }
            Err(error) => Err(TreeError::Io(at, error)),
        }
    }

    fn read_link(&mut self, relative: &[u8]) -> Result<Vec<u8>, TreeError> {
        let at = self.at(relative);
        let read = self.evaluator.borrow_mut().read_link_physical(&at);
        read.map_err(|error| TreeError::Io(at, error))
    }
}

/// What making a derivation can fail with: a rule, or an input that cannot be read.
enum InstantiateError {
    Rule(DerivationError),
    Missing(StorePath),
}

impl From<DerivationError> for InstantiateError {
    fn from(error: DerivationError) -> Self {
        Self::Rule(error)
    }
}

impl Evaluator {
    /// The store directory.
    pub(crate) fn store_dir(&mut self) -> R<Rc<StoreDir>> {
        if let Some(dir) = &self.store.dir {
            return Ok(dir.clone());
        }
        match StoreDir::new(self.settings.store_dir.as_bytes()) {
            Ok(dir) => {
                let dir = Rc::new(dir);
                self.store.dir = Some(dir.clone());
                Ok(dir)
            }
            Err(error) => self.fail(error.to_string()),
        }
    }

    /// Whether `path` is exactly a store path.
    pub(crate) fn is_store_path(&mut self, path: &[u8]) -> bool {
        self.store_dir().is_ok_and(|dir| dir.parse(path).is_ok())
    }

    /// All derivations that were made, by store path; those too that were saved with values.
    pub fn derivations(&mut self) -> impl Iterator<Item = (&StorePath, &DerivationRecord)> {
        for path in self.saved_derivations() {
            self.recall_derivation(&path);
        }
        self.store.derivations.iter()
    }

    /// Keeps no texts of derivations from here on: only paths will be asked for.
    pub fn leave_out_derivation_texts(&mut self) {
        self.store.is_without_texts = true;
    }

    fn kept_text(&self, text: Vec<u8>) -> Box<[u8]> {
        if self.store.is_without_texts {
            return Box::default();
        }
        text.into()
    }

    /// A derivation that was made, or saved with values.
    pub fn derivation(&mut self, path: &StorePath) -> Option<&DerivationRecord> {
        self.recall_derivation(path);
        self.store.derivations.get(path)
    }

    /// Makes a derivation known that was saved with values; whether there is one.
    fn recall_derivation(&mut self, path: &StorePath) -> bool {
        if self.store.derivations.contains_key(path) {
            return true;
        }
        let Some(mut saved) = self.saved_derivation(path) else {
            return false;
        };
        saved.aterm = self.kept_text(saved.aterm.into());
        self.store.derivations.insert(path.clone(), saved);
        true
    }

    /// All other store paths, with what they hold.
    pub fn store_contents(&self) -> impl Iterator<Item = (&StorePath, &StoreContent)> {
        self.store.contents.iter()
    }

    /// Makes `store_path` readable: what lies there is what lies at `real`.
    pub fn mount(&mut self, store_path: StorePath, real: &[u8]) {
        self.store
            .contents
            .insert(store_path, StoreContent::Tree(real.into(), None));
    }

    /// Makes `store_path` readable: it holds `content`, unless something else is known of it.
    pub fn mount_content(&mut self, store_path: StorePath, content: StoreContent) {
        self.store.contents.entry(store_path).or_insert(content);
    }

    /// Notes that a store path is a working tree's.
    pub(crate) fn note_work_tree(&mut self, store_path: StorePath, real: Rc<[u8]>) {
        self.store.work_trees.insert(store_path, real);
    }

    /// A path as people know it: below a working tree, where that is.
    pub(super) fn shown_path(&self, at: &[u8]) -> String {
        let dir = self.settings.store_dir.as_bytes();
        let of_tree = || {
            let rest = at.strip_prefix(dir)?.strip_prefix(b"/")?;
            let end = rest.iter().position(|&b| b == b'/').unwrap_or(rest.len());
            let store_path = StorePath::parse(&rest[..end]).ok()?;
            let real = self.store.work_trees.get(&store_path)?;
            Some([real, &rest[end..]].concat())
        };
        match of_tree() {
            Some(real) => String::from_utf8_lossy(&real).into_owned(),
            None => String::from_utf8_lossy(at).into_owned(),
        }
    }

    /// Where a path really is: below a copied source, that source.
    fn physical(&mut self, at: &[u8]) -> Physical {
        if at == builtins::FETCHURL_PATH {
            return Physical::Text(builtins::FETCHURL.into());
        }
        if self.store.contents.is_empty() {
            return Physical::Path(at.to_vec());
        }
        let Ok(dir) = self.store_dir() else {
            return Physical::Path(at.to_vec());
        };
        if !path::is_within(at, dir.as_bytes()) || at.len() <= dir.as_bytes().len() + 1 {
            return Physical::Path(at.to_vec());
        }
        let rest = &at[dir.as_bytes().len() + 1..];
        let end = rest.iter().position(|&b| b == b'/').unwrap_or(rest.len());
        let Ok(store_path) = StorePath::parse(&rest[..end]) else {
            return Physical::Path(at.to_vec());
        };
        match self.store.contents.get(&store_path).cloned() {
            None => Physical::Path(at.to_vec()),
            Some(StoreContent::Text(text)) if end == rest.len() => Physical::Text(text),
            Some(StoreContent::Text(_)) => Physical::Nothing,
            Some(StoreContent::Tree(real, kept)) => {
                let below = rest[end..].strip_prefix(b"/").unwrap_or_default();
                if let Some(kept) = kept
                    && !below.is_empty()
                    && !kept.contains(below)
                {
                    return Physical::Nothing;
                }
                if below.is_empty() {
                    Physical::Path(real.to_vec())
                } else {
                    Physical::Path(path::join(&real, below))
                }
            }
        }
    }

    /// Where the world has what is at a path.
    pub(crate) fn real_path(&mut self, at: &[u8]) -> Option<Vec<u8>> {
        match self.physical(at) {
            Physical::Path(real) => Some(real),
            Physical::Text(_) | Physical::Nothing => None,
        }
    }

    pub(crate) fn read_physical(&mut self, at: &[u8]) -> std::io::Result<Vec<u8>> {
        match self.physical(at) {
            Physical::Path(real) => self.world.read_file(&real),
            Physical::Text(text) => Ok(text.to_vec()),
            Physical::Nothing => Err(std::io::ErrorKind::NotFound.into()),
        }
    }

    pub(crate) fn type_physical(&mut self, at: &[u8]) -> std::io::Result<Option<FileType>> {
        match self.physical(at) {
            Physical::Path(real) => self.world.file_type(&real),
            Physical::Text(_) => Ok(Some(FileType::Regular { executable: false })),
            Physical::Nothing => Ok(None),
        }
    }

    pub(crate) fn read_link_physical(&mut self, at: &[u8]) -> std::io::Result<Vec<u8>> {
        match self.physical(at) {
            Physical::Path(real) => self.world.read_link(&real),
            _ => Err(std::io::ErrorKind::NotFound.into()),
        }
    }

    pub(crate) fn list_physical(&mut self, at: &[u8]) -> std::io::Result<Vec<(Vec<u8>, FileType)>> {
        match self.physical(at) {
            Physical::Path(real) => {
                let entries = self.world.read_dir(&real)?;
                Ok(entries
                    .into_iter()
                    .filter(|(name, _)| {
                        !matches!(self.physical(&path::join(at, name)), Physical::Nothing)
                    })
                    .collect())
            }
            _ => Err(std::io::ErrorKind::NotADirectory.into()),
        }
    }

    /// The store path that a source is copied to when a string refers to it.
    pub(crate) fn copy_to_store(&mut self, source: &[u8]) -> R<(Vec<u8>, ContextId)> {
        let source = path::canonical(source);
        if source.ends_with(b".drv") {
            return self.fail("file names are not allowed to end in '.drv'");
        }
        let dir = self.store_dir()?;
        let store_path = if let Some(known) = self.store.copied.get(&source[..]) {
            let known = known.clone();
            let marks = self.marks_below(&source);
            let marks = self.taint.table.marks(marks);
            self.taint_by(marks);
            known
        } else {
            let resolved = self.resolve_links(&source, false)?;
            let name = path::base_name(&source).to_vec();
            let stored = self.add_source(&resolved, &name, Method::Nar, None)?;
            self.store.copied.insert(source.into(), stored.clone());
            stored
        };
        let text = dir.print(&store_path);
        let context = self
            .contexts
            .single(ContextElement::Opaque(text.as_slice().into()));
        Ok((text, context))
    }

    /// Adds the file or tree at `source` to the store, through `filter` if there is one.
    pub(crate) fn add_source(
        &mut self,
        source: &[u8],
        name: &[u8],
        method: Method,
        filter: Option<Value>,
    ) -> R<StorePath> {
        let (hash, kept) = self.hash_source(source, method, filter)?;
        let address = ContentAddress { method, hash };
        let dir = self.store_dir()?;
        let stored = match dir.content_addressed_path(name, &address, &References::default()) {
            Ok(stored) => stored,
            Err(error) => return self.fail(error.to_string()),
        };
        let content = match self.physical(source) {
            Physical::Text(text) => StoreContent::Text(text),
            Physical::Path(real) => StoreContent::Tree(real.into(), kept.map(Rc::new)),
            Physical::Nothing => return self.fail("a source disappeared while it was read"),
        };
        self.stand_in.read(name);
        self.stand_in.stored(&stored);
        self.store.contents.entry(stored.clone()).or_insert(content);
        self.allow(&dir.print(&stored));
        Ok(stored)
    }

    /// What was put into the store may be read, whatever else is forbidden.
    pub(crate) fn allow(&mut self, at: &[u8]) {
        if let Some(allowed) = &mut self.settings.allowed_paths
            && !allowed.iter().any(|path| path == at)
        {
            allowed.push(at.to_vec());
        }
    }

    /// The hash of a source as it would be stored, and what the filter kept of it.
    pub(crate) fn hash_source(
        &mut self,
        source: &[u8],
        method: Method,
        filter: Option<Value>,
    ) -> R<(Hash, Option<FxHashSet<Vec<u8>>>)> {
        if method == Method::Flat {
            let bytes = self.read_file(source)?;
            return Ok((Hash::of(Algorithm::Sha256, &bytes), None));
        }
        if filter.is_some() && self.has_saved_sources(source) {
            let kept = self.walk(source, filter, true)?.1;
            let known = Source::new(source, kept.as_ref());
            if let Some(hash) = self.saved_source(&known) {
                return Ok((hash, kept));
            }
        }
        let (hash, kept) = self.walk(source, filter, false)?;
        self.note_source(Source::new(source, kept.as_ref()), hash);
        Ok((hash, kept))
    }

    /// The hash of what is kept of a source.
    pub(crate) fn hash_kept(&mut self, source: &[u8], keeps: &dyn Fn(&[u8]) -> bool) -> R<Hash> {
        self.archive(source, false, &mut |_, relative, _| Ok(keeps(relative)))
    }

    /// Goes through a source, and asks the filter of all that is there; `is_skimmed` where files are not
    /// read, so that the hash means nothing.
    fn walk(
        &mut self,
        source: &[u8],
        filter: Option<Value>,
        is_skimmed: bool,
    ) -> R<(Hash, Option<FxHashSet<Vec<u8>>>)> {
        let mut kept = filter.map(|_| FxHashSet::default());
        let hash = self.archive(source, is_skimmed, &mut |evaluator, relative, kind| {
            let Some(filter) = filter else {
                return Ok(true);
            };
            let at = path::join(source, relative);
            let keep = evaluator.call_filter(filter, &at, kind)?;
            if let (true, Some(kept)) = (keep, &mut kept) {
                kept.insert(relative.to_vec());
            }
            Ok(keep)
        })?;
        Ok((hash, kept))
    }

    /// The hash of the archive of a source, without what `keeps` refuses.
    fn archive(&mut self, source: &[u8], is_skimmed: bool, keeps: &mut Keeps<'_>) -> R<Hash> {
        let result = {
            let cell = RefCell::new(&mut *self);
            let mut tree = EvaluatorTree {
                evaluator: &cell,
                root: source,
                is_skimmed,
                listed: FxHashMap::default(),
            };
            nar::hash(
                &mut tree,
                &mut |relative, kind| {
                    let mut evaluator = cell.borrow_mut();
                    keeps(&mut evaluator, relative, kind).map_err(TreeError::Raised)
                },
                Algorithm::Sha256,
            )
        };
        match result {
            Ok((hash, _)) => Ok(hash),
            Err(WriteError::Tree(TreeError::Raised(raised))) => Err(raised),
            Err(WriteError::Tree(TreeError::Io(at, error))) => self.file_error(&at, &error),
            Err(error) => {
                let shown = String::from_utf8_lossy(source).into_owned();
                let message = describe_write_error(&error);
                self.fail(format!("cannot archive '{shown}': {message}"))
            }
        }
    }

    fn call_filter(&mut self, filter: Value, at: &[u8], kind: FileKind) -> R<bool> {
        let at = self.heap.new_string(at, ContextId::EMPTY);
        let kind = match kind {
            FileKind::Regular { .. } => "regular",
            FileKind::Directory => "directory",
            FileKind::Symlink => "symlink",
            FileKind::Other => "unknown",
        };
        let kind = self.symbols.intern(kind.as_bytes());
        let kind = self.symbol_string(kind);
        let keep = self.call(filter, &[at, kind], Position::NONE)?;
        self.force_bool(
            keep,
            "while evaluating the return value of the path filter function",
        )
    }

    /// Adds a text with references to the store.
    pub(crate) fn add_text(
        &mut self,
        name: &[u8],
        text: &[u8],
        references: &[StorePath],
    ) -> R<Vec<u8>> {
        for text in [name, text] {
            self.stand_in.read(text);
        }
        for reference in references {
            self.stand_in.read(reference.base_name().as_bytes());
        }
        let dir = self.store_dir()?;
        let mut references: Vec<&StorePath> = references.iter().collect();
        references.sort_unstable();
        references.dedup();
        match dir.text_path(name, text, references) {
            Ok(stored) => {
                let shown = dir.print(&stored);
                self.store
                    .contents
                    .insert(stored, StoreContent::Text(text.into()));
                self.allow(&shown);
                Ok(shown)
            }
            Err(error) => self.fail(error.to_string()),
        }
    }

    /// A store path as a string value that depends on it.
    pub(crate) fn store_path_value(&mut self, shown: &[u8]) -> Value {
        let context = self.contexts.single(ContextElement::Opaque(shown.into()));
        self.heap.new_string(shown, context)
    }

    /// Refuses a context whose derivations would have to be built before it can be read.
    pub(crate) fn refuse_unbuilt(&mut self, context: ContextId) -> R<()> {
        if context == ContextId::EMPTY {
            return Ok(());
        }
        for element in self.contexts.elements(context) {
            let ContextElement::Built {
                through,
                drv,
                output,
            } = &element
            else {
                continue;
            };
            let dir = self.store_dir()?;
            let path = dir.parse(drv).ok();
            let known = path
                .filter(|_| through.is_empty())
                .filter(|path| self.recall_derivation(path))
                .and_then(|path| self.store.derivations.get(&path))
                .and_then(|record| record.outputs.get(&output[..]).cloned().flatten())
                .map(|path: StorePath| dir.print(&path));
            let built =
                known.is_some_and(|at: Vec<u8>| matches!(self.world.file_type(&at), Ok(Some(_))));
            if built {
                continue;
            }
            let whole = display_element(&element);
            let output = String::from_utf8_lossy(output).into_owned();
            let drv = whole.strip_suffix(&format!("^{output}")).unwrap_or(&whole);
            return self.raise(EvalError::new(
                ErrorKind::ImportFromDerivation,
                format!(
                    "cannot read output '{output}' of '{drv}': it has to be built first, and \
                     import from derivation is not supported"
                ),
            ));
        }
        Ok(())
    }

    /// Instantiates a derivation and remembers it.
    pub(crate) fn instantiate(&mut self, derivation: &mut Derivation<'_>) -> R<Instantiated> {
        let dir = self.store_dir()?;
        let inputs: Vec<StorePath> = derivation.input_derivations.keys().cloned().collect();
        for input in &inputs {
            self.load_derivation(input)?;
        }
        let records = &self.store.derivations;
        let result = derivation.instantiate(&dir, &mut |path: &StorePath, _: &[u8]| {
            records
                .get(path)
                .map(|record| record.modulo)
                .ok_or_else(|| InstantiateError::Missing(path.clone()))
        });
        let mut made = match result {
            Ok(made) => made,
            Err(InstantiateError::Rule(error)) => return self.fail(error.to_string()),
            Err(InstantiateError::Missing(path)) => {
                let name = path.base_name().to_owned();
                return self.fail(format!("derivation '{name}' is not known"));
            }
        };
        self.stand_in.read(&made.aterm);
        let text = std::mem::take(&mut made.aterm);
        let outputs = derivation
            .outputs
            .keys()
            .map(|name| name.to_vec())
            .zip(made.outputs.iter().cloned())
            .collect();
        let record = DerivationRecord {
            aterm: self.kept_text(text),
            modulo: made.modulo,
            outputs,
            input_sources: derivation.input_sources.clone(),
            input_derivations: inputs.into_iter().collect(),
        };
        self.store.derivations.insert(made.path.clone(), record);
        Ok(made)
    }

    /// Makes sure that a derivation is known, reading it from the store where it is not.
    pub(crate) fn load_derivation(&mut self, store_path: &StorePath) -> R<()> {
        if self.recall_derivation(store_path) {
            return Ok(());
        }
        let dir = self.store_dir()?;
        let at = dir.print(store_path);
        let text = match self.world.read_file(&at) {
            Ok(text) => text,
            Err(error) => return self.file_error(&at, &error),
        };
        let name = store_path
            .derivation_name()
            .unwrap_or_default()
            .as_bytes()
            .to_vec();
        let parsed = Derivation::parse(&dir, &name, &text).map(Derivation::into_owned);
        let derivation = match parsed {
            Ok(derivation) => derivation,
            Err(error) => return self.fail(error.to_string()),
        };
        for input in derivation.input_derivations.keys() {
            self.load_derivation(input)?;
        }
        let records = &self.store.derivations;
        let modulo = derivation.hash_modulo(&dir, &mut |path: &StorePath, _: &[u8]| {
            records
                .get(path)
                .map(|record| record.modulo)
                .ok_or_else(|| InstantiateError::Missing(path.clone()))
        });
        let paths = derivation.output_paths(&dir);
        let (Ok(modulo), Ok(paths)) = (modulo, paths) else {
            let shown = String::from_utf8_lossy(&at).into_owned();
            return self.fail(format!("derivation '{shown}' is not valid"));
        };
        let outputs = derivation
            .outputs
            .keys()
            .map(|name| name.to_vec())
            .zip(paths)
            .collect();
        let record = DerivationRecord {
            aterm: self.kept_text(text),
            modulo,
            outputs,
            input_sources: derivation.input_sources.clone(),
            input_derivations: derivation.input_derivations.keys().cloned().collect(),
        };
        self.store.derivations.insert(store_path.clone(), record);
        Ok(())
    }

    /// All derivations and sources that a derivation needs, itself included.
    ///
    /// # Errors
    /// Where a derivation is neither known nor in the store.
    pub fn derivation_closure(&mut self, root: &StorePath) -> R<BTreeSet<StorePath>> {
        let mut closure = BTreeSet::new();
        let mut work = vec![root.clone()];
        while let Some(next) = work.pop() {
            if !closure.insert(next.clone()) {
                continue;
            }
            if next.is_derivation() {
                self.load_derivation(&next)?;
                if let Some(record) = self.store.derivations.get(&next) {
                    work.extend(record.input_sources.iter().cloned());
                    work.extend(record.input_derivations.iter().cloned());
                }
            }
        }
        Ok(closure)
    }
}

/// Where the contents of a path come from.
enum Physical {
    Path(Vec<u8>),
    Text(Rc<[u8]>),
    Nothing,
}

fn describe_write_error(error: &WriteError<TreeError>) -> String {
    match error {
        WriteError::Tree(_) => "its files cannot be read".to_owned(),
        _ => "it holds a file of an unsupported type".to_owned(),
    }
}

#[cfg(test)]
mod tests;
