//! Making a catalogue: a NixOS with coop's modules, evaluated as far as its options.

use std::collections::BTreeMap;
use std::sync::Arc;

use nix_eval::eval::R;
use nix_eval::{Evaluator, Value};
use nix_flake::session::{Failure, Opened, Options, Source};
use nix_store::nar::MemoryTree;
use thiserror::Error;

use super::extract::{Count, extract};
use super::file;
use super::model::Label;
use crate::check::{self, Choice, Unavailable};
use crate::generate;

/// The flake whose one output the catalogue is made from.
const FLAKE: &str = r#"{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs";
  outputs = { nixpkgs, ... }: {
    catalogue = import ./extract.nix { inherit nixpkgs; modules = ./modules; };
  };
}
"#;

/// A catalogue that was made.
pub struct Built {
    /// Where it comes from.
    pub label: Label,
    /// Its file.
    pub file: Vec<u8>,
    /// What is in it.
    pub count: Count,
}

/// Why none was made.
#[derive(Debug, Error)]
pub enum BuildError {
    /// There is no nixpkgs.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// nixpkgs cannot be read, or its options cannot be evaluated.
    #[error(transparent)]
    Evaluation(#[from] Failure),
}

/// Makes the catalogue of a nixpkgs; `lock` is the fleet's `flake.lock`, for the one that it pins.
///
/// # Errors
/// [`BuildError`].
pub fn build(choice: &Choice, lock: Option<&str>) -> Result<Built, BuildError> {
    let (label, tables, count) = with_options(choice, lock, |evaluator, source| {
        let (release, tables, count) = extract(evaluator, source)?;
        let mut text = |name: &str| {
            let value = evaluator.select_by_text(source, name.as_bytes(), name)?;
            let text = evaluator.text_of(value, "while reading where nixpkgs comes from")?;
            Ok(String::from_utf8_lossy(&text).into_owned())
        };
        let label = Label {
            release,
            revision: Some(text("revision")?).filter(|revision| !revision.is_empty()),
            nar_hash: text("narHash")?,
        };
        Ok((label, tables, count))
    })?;
    Ok(Built {
        file: file::encode(&label, &tables),
        label,
        count,
    })
}

/// Evaluates `extract.nix` and does `work` on what it gives.
pub(super) fn with_options<T: Send>(
    choice: &Choice,
    lock: Option<&str>,
    work: impl FnOnce(&mut Evaluator, Value) -> R<T> + Send,
) -> Result<T, BuildError> {
    let nixpkgs = check::reference(choice, lock)?;
    let mut options = Options::default();
    options.replace(&["nixpkgs"], nixpkgs);
    let opened =
        Opened::new(&Source::Memory(Arc::new(tree())), &options.lock).map_err(Failure::from)?;
    let done = opened.evaluate(&options, |evaluator, flake| {
        let outputs = evaluator.select_by_text(flake, b"outputs", "outputs")?;
        let source = evaluator.select_by_text(outputs, b"catalogue", "catalogue")?;
        let source = evaluator.force(source)?;
        work(evaluator, source)
    })?;
    Ok(done)
}

/// The flake, with coop's modules.
fn tree() -> MemoryTree {
    let mut root = BTreeMap::new();
    let own = [
        ("flake.nix", FLAKE),
        ("extract.nix", include_str!("extract.nix")),
    ];
    for (path, text) in own {
        insert(&mut root, path, text);
    }
    for (path, text) in generate::modules() {
        insert(&mut root, &path, &text);
    }
    MemoryTree::Directory(root)
}

fn insert(folder: &mut BTreeMap<Vec<u8>, MemoryTree>, path: &str, text: &str) {
    if let Some((name, rest)) = path.split_once('/') {
        let inner = folder
            .entry(name.into())
            .or_insert_with(|| MemoryTree::Directory(BTreeMap::new()));
        if let MemoryTree::Directory(inner) = inner {
            insert(inner, rest, text);
        }
        return;
    }
    let file = MemoryTree::File {
        contents: text.into(),
        executable: false,
    };
    folder.insert(path.into(), file);
}
