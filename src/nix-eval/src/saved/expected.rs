//! The files that a file will ask for, by what it looks like: all that it names where those are few, and where
//! they are many, as in a set of packages, those beside it, those that it imports, and those in a list of many,
//! which is one of modules.

use crate::path;
use crate::symbol::SymbolTable;
use crate::syntax::ast::{Ast, Expr, ExprId};

/// Files that are worth a thread to parse them ahead.
pub(super) const FILES_WORTH_EXPECTING: usize = 16;
/// Where a file names no more than these, it is likely to ask for each.
const FILES_LIKELY: usize = 32;

/// The files that the one at `path` names, in their order.
pub(super) fn files_named(ast: &Ast, path: &[u8], symbols: &SymbolTable) -> Vec<Box<[u8]>> {
    let folder = path::parent(path);
    let import = symbols.find(b"import");
    let nix_file = |named| {
        let named = ast.text(named);
        named.ends_with(b".nix").then_some(named)
    };
    let file = |id: ExprId| match ast.get(id) {
        Expr::Path(named) => nix_file(*named),
        _ => None,
    };
    let is_import = |id: ExprId| match ast.get(id) {
        Expr::Var(name, _) => Some(*name) == import,
        _ => false,
    };
    let paths = ast.exprs.iter().filter_map(|expr| match expr {
        Expr::Path(named) => nix_file(*named),
        _ => None,
    });
    if paths.clone().count() <= FILES_LIKELY {
        return paths.map(Into::into).collect();
    }
    let mut found: Vec<&[u8]> = Vec::new();
    for expr in &ast.exprs {
        match expr {
            Expr::Path(named) => {
                let beside = nix_file(*named).filter(|named| path::parent(named) == folder);
                found.extend(beside);
            }
            Expr::Call { function, args, .. } if is_import(*function) => {
                found.extend(file(ast.ids(*args)[0]));
            }
            Expr::List(elements) if elements.len() >= FILES_WORTH_EXPECTING => {
                let elements = ast.ids(*elements).iter();
                found.extend(elements.filter_map(|&element| file(element)));
            }
            _ => {}
        }
    }
    found.into_iter().map(Into::into).collect()
}
