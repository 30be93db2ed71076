//! Which catalogue a fleet is held against: the one of the very nixpkgs that it pins, compiled in
//! or made by `coop catalogue build`, or else the compiled-in one.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use sha2::{Digest as _, Sha256};

use super::file::{self, Unreadable};
use super::model::{Label, Tables};

/// The catalogue of the nixpkgs that coop was made with.
static BUILT_IN: &[u8] = include_bytes!("nixos.catalogue");

/// It is unfolded once, and only for a fleet that sets options.
static BUILT_IN_TABLES: LazyLock<(Label, Tables)> =
    LazyLock::new(|| read(BUILT_IN).unwrap_or_default());

/// The options of one NixOS.
pub(super) struct Catalogue {
    pub(super) label: Label,
    tables: Option<Tables>,
}

impl Catalogue {
    pub(super) fn built_in() -> Self {
        Self {
            label: BUILT_IN_TABLES.0.clone(),
            tables: None,
        }
    }

    pub(super) fn tables(&self) -> &Tables {
        self.tables.as_ref().unwrap_or(&BUILT_IN_TABLES.1)
    }
}

fn read(file: &[u8]) -> Result<(Label, Tables), Unreadable> {
    let (label, packed) = file::label(file)?;
    Ok((label, file::tables(packed)?))
}

/// Where made catalogues are kept.
#[derive(Clone, Debug, Default)]
pub struct Shelf {
    folder: Option<PathBuf>,
}

impl Shelf {
    /// The user's own, `~/.cache/coop/catalogues`.
    #[must_use]
    pub fn of_user() -> Self {
        let base = env::var_os("XDG_CACHE_HOME")
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
            .or_else(|| Some(Path::new(&env::var_os("HOME")?).join(".cache")));
        Self {
            folder: base.map(|base| base.join("coop/catalogues")),
        }
    }

    /// The file for a nixpkgs, by the hash of its files.
    #[must_use]
    pub fn file(&self, nar_hash: &str) -> Option<PathBuf> {
        let digest = Sha256::digest(nar_hash.as_bytes());
        let mut name = String::new();
        for byte in &digest {
            let _ = write!(name, "{byte:02x}");
        }
        Some(self.folder.as_ref()?.join(name))
    }

    /// The catalogue for a nixpkgs, and whether it was made from just that one.
    pub(super) fn find(&self, nar_hash: Option<&str>) -> (Catalogue, bool) {
        let built_in = Catalogue::built_in();
        let Some(nar_hash) = nar_hash else {
            return (built_in, false);
        };
        if built_in.label.nar_hash == nar_hash {
            return (built_in, true);
        }
        // One that is damaged, or of another coop, is as good as none.
        let made = self
            .file(nar_hash)
            .and_then(|path| fs::read(path).ok())
            .and_then(|file| read(&file).ok())
            .filter(|(label, _)| label.nar_hash == nar_hash);
        match made {
            Some((label, tables)) => {
                let tables = Some(tables);
                (Catalogue { label, tables }, true)
            }
            None => (built_in, false),
        }
    }
}

/// Writes a catalogue's file, whole or not at all.
///
/// # Errors
/// Where the folder cannot be written to.
pub fn write(path: &Path, file: &[u8]) -> io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder {
        fs::create_dir_all(folder)?;
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let new = path.with_file_name(name);
    fs::write(&new, file)?;
    fs::rename(&new, path)
}

/// What is compiled in: its label, and whether a file says the same.
#[must_use]
pub fn is_built_in(file: &[u8]) -> bool {
    is_same(BUILT_IN, file)
}

/// Whether two files hold the same catalogue, however they are compressed.
#[must_use]
pub fn is_same(one: &[u8], other: &[u8]) -> bool {
    match (read(one), read(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

/// The label of the compiled-in catalogue.
#[must_use]
pub fn built_in_label() -> Label {
    file::label(BUILT_IN)
        .map(|(label, _)| label)
        .unwrap_or_default()
}
