//! What of a text is known: for whoever keeps the table of known functions up to date.

use super::fingerprint;
use super::known::TABLE;
use crate::position::Position;
use crate::symbol::SymbolTable;
use crate::syntax::ast::{AttrKind, Expr};
use crate::syntax::lint::Lints;
use crate::syntax::{ParseOptions, parse};

/// A function whose name is that of a known one.
#[derive(Debug, PartialEq, Eq)]
pub struct Sighting {
    /// Its name.
    pub name: &'static str,
    /// Its fingerprint, in hexadecimal.
    pub fingerprint: String,
    /// Whether it is that of the known one.
    pub is_known: bool,
}

/// The functions in a text that have names of known ones; none where the text is no expression.
#[must_use]
pub fn survey(text: &[u8]) -> Vec<Sighting> {
    let mut symbols = SymbolTable::new();
    let options = ParseOptions {
        base: Position::NONE,
        base_path: b"/",
        home: None,
        pipe_operators: false,
        lints: Lints::default(),
    };
    let Ok(ast) = parse(text, &options, &mut symbols) else {
        return Vec::new();
    };
    let sets = ast.exprs.iter().filter_map(|expr| match expr {
        Expr::Attrs(attrs) | Expr::Let(attrs, _) => Some(attrs),
        _ => None,
    });
    let attrs = sets.flat_map(|attrs| &attrs.attrs);
    let plain = attrs.filter(|attr| attr.kind == AttrKind::Plain);
    let mut found = Vec::new();
    for attr in plain {
        let name = symbols.name(attr.name);
        let mut known = TABLE.iter().filter(|known| known.name.as_bytes() == name);
        let Some(first) = known.next() else {
            continue;
        };
        let Some(fingerprint) = fingerprint::shown(&ast, &symbols, attr.value) else {
            continue;
        };
        let is_known = std::iter::once(first)
            .chain(known)
            .any(|known| known.fingerprints.contains(&&*fingerprint));
        found.push(Sighting {
            name: first.name,
            fingerprint,
            is_known,
        });
    }
    found
}

/// The names of all known functions.
#[must_use]
pub fn names() -> Vec<&'static str> {
    TABLE.iter().map(|known| known.name).collect()
}
