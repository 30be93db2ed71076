//! Where nixpkgs comes from: what the user names, what lies at hand, or the very revision that
//! `flake.lock` pins.

use std::env;
use std::path::{Path, PathBuf};

use nix_flake::lock::LockFile;
use nix_flake::{Fetcher, FlakeRef, ParseOptions};
use thiserror::Error;

/// What the user says about nixpkgs.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// A folder or a flake reference, as `--nixpkgs` takes it.
    pub named: Option<String>,
    /// Whether the revision that `flake.lock` pins may be downloaded.
    pub download: bool,
}

/// A nixpkgs to evaluate with.
#[derive(Clone)]
pub(super) enum Nixpkgs {
    /// In place of the one that `flake.lock` pins.
    Other {
        /// The flake.
        reference: FlakeRef,
        /// How it is called in messages.
        shown: String,
    },
    /// The one that `flake.lock` pins, from the store, the cache, or the network.
    Pinned,
}

/// Why there is none.
#[derive(Debug, Error)]
pub enum Unavailable {
    /// What the user named is not there, or is no reference.
    #[error("{shown}, which {by} names, is no nixpkgs: {why}")]
    Named {
        /// What was named.
        shown: String,
        /// What names it.
        by: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// Nothing is at hand.
    #[error("nixpkgs is not on this machine")]
    Nowhere,
}

/// The input that packages and NixOS come from.
pub(super) const NIXPKGS: &str = "nixpkgs";
/// The variable that names a nixpkgs.
pub(super) const VARIABLE: &str = "COOP_NIXPKGS";

/// Finds nixpkgs. Whether the pinned one is at hand, `has_pinned` says.
///
/// # Errors
/// [`Unavailable`].
pub(super) fn choose(
    choice: &Choice,
    has_pinned: impl FnOnce() -> bool,
) -> Result<Nixpkgs, Unavailable> {
    if let Some(named) = &choice.named {
        return other(named, "--nixpkgs");
    }
    if let Some(named) = env::var_os(VARIABLE).filter(|named| !named.is_empty()) {
        return other(&named.to_string_lossy(), VARIABLE);
    }
    if has_pinned() {
        return Ok(Nixpkgs::Pinned);
    }
    if let Some(folder) = cached().filter(|folder| folder.join("flake.nix").is_file()) {
        return other(&folder.to_string_lossy(), "the cache folder");
    }
    if choice.download {
        return Ok(Nixpkgs::Pinned);
    }
    Err(Unavailable::Nowhere)
}

/// The nixpkgs to use where there is no flake to replace an input of; `lock` is the fleet's
/// `flake.lock`.
///
/// # Errors
/// [`Unavailable`].
pub(crate) fn reference(choice: &Choice, lock: Option<&str>) -> Result<FlakeRef, Unavailable> {
    let pinned = lock.and_then(pinned).map(|(_, locked)| locked);
    let is_at_hand = || {
        pinned
            .as_ref()
            .is_some_and(|locked| Fetcher::default().is_at_hand(locked))
    };
    match choose(choice, is_at_hand)? {
        Nixpkgs::Other { reference, .. } => Ok(reference),
        Nixpkgs::Pinned => pinned.ok_or(Unavailable::Nowhere),
    }
}

/// The revision of nixpkgs in a `flake.lock`, shortened, and the whole reference.
pub(super) fn pinned(lock: &str) -> Option<(String, FlakeRef)> {
    let lock = LockFile::parse(lock, "flake.lock").ok()?;
    let node = lock.find(&[NIXPKGS.to_owned()]).ok()??;
    let locked = lock.nodes.get(node)?.source.as_ref()?.locked.clone();
    let revision = locked.input.revision().ok().flatten();
    let shown = revision.unwrap_or_else(|| locked.show());
    Some((shown.chars().take(12).collect(), locked))
}

/// `~/.cache/coop/nixpkgs`.
fn cached() -> Option<PathBuf> {
    let base = env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| Some(Path::new(&env::var_os("HOME")?).join(".cache")))?;
    Some(base.join("coop/nixpkgs"))
}

fn other(named: &str, by: &'static str) -> Result<Nixpkgs, Unavailable> {
    let refuse = |why: String| Unavailable::Named {
        shown: named.to_owned(),
        by,
        why,
    };
    let folder = Path::new(named);
    let is_reference = named.contains(':') && !folder.exists();
    let text = if is_reference {
        named.to_owned()
    } else {
        let folder = std::path::absolute(folder).map_err(|error| refuse(error.to_string()))?;
        let flake = folder.join("flake.nix");
        if !flake.is_file() {
            return Err(refuse(format!("there is no {}", flake.display())));
        }
        // As `path:` and not as a Git repository: with what is not committed, too.
        format!("path:{}", folder.display())
    };
    let reference = FlakeRef::parse(&text, ParseOptions::default())
        .map_err(|error| refuse(error.to_string()))?;
    Ok(Nixpkgs::Other {
        reference,
        shown: named.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> Result<Nixpkgs, Unavailable> {
        let choice = Choice {
            named: Some(text.to_owned()),
            download: false,
        };
        choose(&choice, || true)
    }

    #[test]
    fn a_folder_without_a_flake_is_no_nixpkgs() {
        let folder = tempfile::tempdir().unwrap();
        let text = folder.path().to_string_lossy().into_owned();
        let said = named(&text).err().unwrap().to_string();
        assert!(said.contains("there is no"), "{said}");
        std::fs::write(folder.path().join("flake.nix"), "{ }").unwrap();
        assert!(matches!(named(&text), Ok(Nixpkgs::Other { .. })));
    }

    #[test]
    fn a_reference_is_taken_and_nonsense_is_refused() {
        assert!(named("github:NixOS/nixpkgs/nixos-26.05").is_ok());
        for nonsense in ["", "nowhere", "http//x", "github:a", "\u{0}"] {
            assert!(named(nonsense).is_err(), "{nonsense:?}");
        }
    }
}
