//! The fleet: what `coop.toml` says, where each word stands, and what is wrong with it.
//!
//! **Invariant.** A [`Fleet`] without errors is complete: every name it uses is declared, every
//! text is of its kind. Whoever builds on it need not check again.

mod calendar;
mod edit;
mod files;
mod holes;
mod lists;
mod load;
mod model;
mod reference;
mod resolve;
mod shape;
mod text;
mod tree;
mod validate;

use std::collections::BTreeMap;

pub use edit::{EditError, Editor};
pub use files::{Files, Folder, Revision};
pub use holes::Hole;
pub use load::{SECTIONS, load};
pub use model::*;
pub use reference::reference;
pub use resolve::{Admission, Blocked};
pub use shape::{SCHEMA, kind, nearest, resolve as resolve_schema, words};
pub use text::{
    Day, Domain, FORMATS, FilePath, Name, Refusal, domain, is_direction_mark, parse as parse_text,
};
pub use tree::{Entry, Node, Table, Value};
pub use validate::{HOST_DISK, HOST_MEMORY, account_refusal, word};

use crate::diagnostics::{Diagnostic, FileId, Origin, Severity, Sources};

/// All that one `coop.toml` describes.
#[derive(Clone)]
pub struct Fleet {
    /// What it says.
    pub model: Model,
    /// Where it says it, with profiles merged into instances.
    pub tree: Node,
    /// The files.
    pub sources: Sources,
    /// What is wrong with it, in the order of places.
    pub findings: Vec<Diagnostic>,
    /// Where each name of each section is declared.
    pub declared: BTreeMap<(&'static str, String), Origin>,
    /// Files that belong to a tenant.
    pub owners: BTreeMap<FileId, String>,
    /// The domains of each allow list, without the lists it contains.
    pub lists: BTreeMap<Name, Vec<(Domain, Origin)>>,
    /// The blocks of each policy, from TOML and CSV.
    pub blocks: BTreeMap<Name, Vec<(Block, Origin)>>,
    /// The content of files with texts.
    pub texts: BTreeMap<FilePath, String>,
}

impl Fleet {
    /// Whether any finding is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.findings
            .iter()
            .any(|finding| finding.severity() == Severity::Error)
    }
}
