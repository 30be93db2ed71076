//! A flake that was fetched: its tree, and what its `flake.nix` declares (`getFlake` in
//! `libflake/flake.cc`).

use crate::error::{Error, Result};
use crate::fetch::tree::{Files, os};
use crate::fetch::{Fetched, Fetcher};
use crate::flake_file::{FlakeFile, Place};
use crate::input::Attributes;
use crate::lock::{InputPath, LockFile};
use crate::reference::FlakeRef;
use crate::registry::Lookup;

/// Where a flake lies: a tree and a folder in it, without slashes at its ends.
#[derive(Clone)]
pub struct Location {
    /// The tree.
    pub tree: Fetched,
    /// The folder.
    pub folder: String,
}

/// A flake.
#[derive(Clone)]
pub struct Flake {
    /// How it was asked for.
    pub original: FlakeRef,
    /// What that means, registries looked up.
    pub resolved: FlakeRef,
    /// The very tree.
    pub locked: FlakeRef,
    /// Where it lies.
    pub location: Location,
    /// What its file declares.
    pub file: FlakeFile,
}

impl Location {
    /// A folder as seen from this one.
    pub(crate) fn join(&self, relative: &str) -> Self {
        let joined = format!("/{}/{relative}", self.folder);
        let folder = nix_eval::path::canonical(joined.as_bytes());
        Self {
            tree: self.tree.clone(),
            folder: String::from_utf8_lossy(&folder[1..]).into_owned(),
        }
    }

    /// The path of the folder in the store.
    #[must_use]
    pub fn store_folder(&self) -> String {
        let store = nix_store::StoreDir::default();
        let path = store.print(&self.tree.store_path);
        let path = String::from_utf8_lossy(&path);
        if self.folder.is_empty() {
            path.into_owned()
        } else {
            format!("{path}/{}", self.folder)
        }
    }
}

impl Fetcher {
    /// A file of a flake; `None` where there is none that belongs to the tree.
    pub(crate) fn read(&self, location: &Location, name: &str) -> Result<Option<Vec<u8>>> {
        let relative = if location.folder.is_empty() {
            name.to_owned()
        } else {
            format!("{}/{name}", location.folder)
        };
        let path = match &location.tree.files {
            Files::InStore => format!("{}/{name}", location.store_folder()).into_bytes(),
            Files::At { root, kept } => {
                if kept
                    .as_ref()
                    .is_some_and(|kept| !kept.contains(relative.as_bytes()))
                {
                    return Ok(None);
                }
                nix_eval::path::join(root, relative.as_bytes())
            }
        };
        let read = if let Some((tree, below)) = self.memory_at(&path) {
            crate::memory::read(tree, below)
        } else {
            self.touch(&path);
            std::fs::read(os(&path))
        };
        match read {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error)
                if matches!(
                    error.kind(),
                    std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory
                ) =>
            {
                Ok(None)
            }
            Err(error) => Err(Error::io(format!("cannot read '{}'", os(&path).display()))(
                error,
            )),
        }
    }

    /// Fetches a flake and reads its file. `path` is where its inputs stand in the lock file.
    pub(crate) fn flake(
        &mut self,
        reference: &FlakeRef,
        lookup: Lookup,
        path: &InputPath,
    ) -> Result<Flake> {
        let (input, folder) = self.look_up(&reference.input, lookup)?;
        let resolved = FlakeRef {
            input,
            subdir: folder.unwrap_or_else(|| reference.subdir.clone()),
        };
        let mut tree = self.fetch(&resolved.input).map_err(|error| {
            error.while_doing(&format!(
                "while fetching the input '{}'",
                resolved.input.show()
            ))
        })?;
        let mut flake = self.read_flake(reference, &resolved, tree.clone(), path)?;
        if !flake.file.own_attributes.0.is_empty() {
            let mut wanted = tree.locked.clone();
            add_own_attributes(&mut wanted.attributes, &flake.file.own_attributes)?;
            if wanted != tree.locked {
                for found in ["narHash", "__final", "lastModified", "revCount"] {
                    wanted.attributes.remove(found);
                }
                for found in ["ref", "rev", "dirtyRev", "dirtyShortRev"] {
                    if !resolved.input.attributes.contains(found) {
                        wanted.attributes.remove(found);
                    }
                }
                tree = self.fetch(&wanted)?;
                flake = self.read_flake(reference, &resolved, tree, path)?;
            }
        }
        Ok(flake)
    }

    fn read_flake(
        &self,
        reference: &FlakeRef,
        resolved: &FlakeRef,
        tree: Fetched,
        path: &InputPath,
    ) -> Result<Flake> {
        let locked = FlakeRef {
            input: tree.locked.clone(),
            subdir: resolved.subdir.clone(),
        };
        let top = Location {
            tree,
            folder: String::new(),
        };
        let location = top.join(&resolved.subdir);
        let file = self.read_flake_file(&location, resolved, path)?;
        Ok(Flake {
            original: reference.clone(),
            resolved: resolved.clone(),
            locked,
            location,
            file,
        })
    }

    /// Reads the `flake.nix` at a place.
    pub(crate) fn read_flake_file(
        &self,
        location: &Location,
        reference: &FlakeRef,
        path: &InputPath,
    ) -> Result<FlakeFile> {
        let folder = location.store_folder();
        let Some(text) = self.read(location, "flake.nix")? else {
            return Err(missing_flake(location));
        };
        let place = Place {
            folder: &folder,
            reference,
            path,
        };
        FlakeFile::read(&text, &place)
    }

    /// The lock file beside a flake; an empty one where there is none.
    pub(crate) fn lock_file(&self, location: &Location) -> Result<LockFile> {
        match self.read(location, "flake.lock")? {
            None => Ok(LockFile::default()),
            Some(text) => {
                let path = format!("{}/flake.lock", location.store_folder());
                LockFile::parse(&String::from_utf8_lossy(&text), &path)
            }
        }
    }
}

fn missing_flake(location: &Location) -> Error {
    let name = if location.folder.is_empty() {
        "flake.nix".to_owned()
    } else {
        format!("{}/flake.nix", location.folder)
    };
    if let Files::At {
        root,
        kept: Some(_),
    } = &location.tree.files
    {
        let root = os(root);
        return Error::rule(if root.join(&name).exists() {
            format!(
                "Path '{name}' in the repository \"{root}\" is not tracked by Git.\n\nTo make it \
                 visible to Nix, run:\n\ngit -C \"{root}\" add \"{name}\"",
                root = root.display()
            )
        } else {
            format!(
                "Path '{name}' does not exist in Git repository \"{}\".",
                root.display()
            )
        });
    }
    Error::rule(format!(
        "path '{}/flake.nix' does not exist",
        location.store_folder()
    ))
}

fn add_own_attributes(attributes: &mut Attributes, own: &Attributes) -> Result<()> {
    for (name, attribute) in &own.0 {
        if !["submodules", "lfs"].contains(&name.as_str()) {
            return Err(Error::rule(format!(
                "flake 'self' attribute '{name}' is not supported"
            )));
        }
        attributes.0.insert(name.clone(), attribute.clone());
    }
    Ok(())
}
