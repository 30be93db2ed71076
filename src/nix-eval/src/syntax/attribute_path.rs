//! Adding `a.b.c = value` to a set: nested sets are made on the way, and sets that are written
//! twice are merged (`ParserState::addAttr` in Nix's `parser-state.hh`).

use crate::position::Position;
use crate::symbol::{Symbol, SymbolTable};
use crate::syntax::ast::{Ast, Attr, AttrKind, AttrName, Attrs, DynamicAttr, Expr, ExprId};

/// Two definitions of one attribute.
pub(super) struct Duplicate {
    /// The attribute's path, as messages show it.
    pub(super) path: Vec<u8>,
    /// The second definition.
    pub(super) position: Position,
    /// The first.
    pub(super) earlier: Position,
}

/// Adds `path = value` to `set`.
pub(super) fn add(
    ast: &mut Ast,
    symbols: &SymbolTable,
    set: &mut Attrs,
    path: &[AttrName],
    value: ExprId,
    position: Position,
) -> Result<(), Duplicate> {
    let (first, below) = match path {
        [] => return Ok(()),
        [last] => return add_last(ast, symbols, set, path, *last, value, position),
        [first, below @ ..] => (first, below),
    };
    // Descend into nodes of the tree, taking each set out while it is changed.
    let nested = match *first {
        AttrName::Static(name) => {
            if let Some(index) = set.find(name) {
                let attr = set.attrs[index];
                if !matches!(ast.get(attr.value), Expr::Attrs(_)) {
                    let shown = show_path(ast, symbols, &path[..1]);
                    return Err(Duplicate {
                        path: shown,
                        position,
                        earlier: attr.position,
                    });
                }
                attr.value
            } else {
                let nested = ast.new_attrs();
                let nested = ast.add(Expr::Attrs(nested));
                set.push(Attr {
                    name,
                    value: nested,
                    position,
                    kind: AttrKind::Plain,
                });
                nested
            }
        }
        AttrName::Dynamic(name) => {
            let nested = ast.new_attrs();
            let nested = ast.add(Expr::Attrs(nested));
            set.dynamic.push(DynamicAttr {
                name,
                value: nested,
                position,
            });
            nested
        }
    };
    let mut inner = take(ast, nested);
    let result = add(ast, symbols, &mut inner, below, value, position);
    *ast.get_mut(nested) = Expr::Attrs(inner);
    result.map_err(|mut duplicate| {
        let mut shown = show_path(ast, symbols, &path[..1]);
        shown.push(b'.');
        shown.append(&mut duplicate.path);
        duplicate.path = shown;
        duplicate
    })
}

fn add_last(
    ast: &mut Ast,
    symbols: &SymbolTable,
    set: &mut Attrs,
    path: &[AttrName],
    last: AttrName,
    value: ExprId,
    position: Position,
) -> Result<(), Duplicate> {
    match last {
        AttrName::Static(name) => {
            let attr = Attr {
                name,
                value,
                position,
                kind: AttrKind::Plain,
            };
            add_attr(ast, symbols, set, attr).map_err(|mut duplicate| {
                if duplicate.path.is_empty() {
                    duplicate.path = show_path(ast, symbols, path);
                } else {
                    let mut shown = show_path(ast, symbols, path);
                    shown.push(b'.');
                    shown.append(&mut duplicate.path);
                    duplicate.path = shown;
                }
                duplicate
            })
        }
        AttrName::Dynamic(name) => {
            set.dynamic.push(DynamicAttr {
                name,
                value,
                position,
            });
            Ok(())
        }
    }
}

/// Adds one attribute; where it is there already, both must be sets and are merged. The `rec` of
/// the second is lost, as in Nix. A duplicate's path is relative to the attribute.
fn add_attr(
    ast: &mut Ast,
    symbols: &SymbolTable,
    set: &mut Attrs,
    attr: Attr,
) -> Result<(), Duplicate> {
    let Some(index) = set.find(attr.name) else {
        set.push(attr);
        ast.set_name(attr.value, attr.name);
        return Ok(());
    };
    let there = set.attrs[index];
    let both_sets = matches!(ast.get(there.value), Expr::Attrs(_))
        && matches!(ast.get(attr.value), Expr::Attrs(_));
    if !both_sets {
        return Err(Duplicate {
            path: Vec::new(),
            position: attr.position,
            earlier: there.position,
        });
    }
    let mut target = take(ast, there.value);
    let source = take(ast, attr.value);
    let result = merge(ast, symbols, &mut target, &source);
    ast.give_back(source);
    *ast.get_mut(there.value) = Expr::Attrs(target);
    result
}

fn merge(
    ast: &mut Ast,
    symbols: &SymbolTable,
    target: &mut Attrs,
    source: &Attrs,
) -> Result<(), Duplicate> {
    let shift = target.inherit_from.len() as u32;
    for &attr in &source.attrs {
        if attr.kind == AttrKind::InheritedFrom {
            let Expr::Select { set, .. } = *ast.get(attr.value) else {
                continue;
            };
            if let Expr::InheritFrom(number) = ast.get_mut(set) {
                *number += shift;
                // The node is shared by all names of one `inherit`: each needs a node of its own.
                let number = *number;
                *ast.get_mut(set) = Expr::InheritFrom(number - shift);
                let own = ast.add(Expr::InheritFrom(number));
                if let Expr::Select { set, .. } = ast.get_mut(attr.value) {
                    *set = own;
                }
            }
        }
        add_attr(ast, symbols, target, attr).map_err(|mut duplicate| {
            let mut shown = name_bytes(symbols, attr.name);
            if !duplicate.path.is_empty() {
                shown.push(b'.');
                shown.append(&mut duplicate.path);
            }
            duplicate.path = shown;
            duplicate
        })?;
    }
    target.dynamic.extend(&source.dynamic);
    target.inherit_from.extend(&source.inherit_from);
    Ok(())
}

#[expect(
    clippy::unnecessary_box_returns,
    reason = "the box goes back into the tree"
)]
fn take(ast: &mut Ast, id: ExprId) -> Box<Attrs> {
    match std::mem::replace(ast.get_mut(id), Expr::Int(0)) {
        Expr::Attrs(attrs) => attrs,
        other => {
            *ast.get_mut(id) = other;
            Box::default()
        }
    }
}

fn name_bytes(symbols: &SymbolTable, name: Symbol) -> Vec<u8> {
    let mut out = Vec::new();
    super::show::identifier(&mut out, symbols.name(name));
    out
}

fn show_path(ast: &Ast, symbols: &SymbolTable, path: &[AttrName]) -> Vec<u8> {
    let mut out = Vec::new();
    super::show::attribute_path(&mut out, ast, symbols, path);
    out
}

#[cfg(test)]
mod tests {
    use crate::eval::{Evaluator, Settings, with_stack};
    use crate::position::Origin;
    use crate::testing::Memory;

    /// Why a text is no program, if it is none.
    fn message(text: &str) -> Option<String> {
        with_stack(|| {
            let world = Box::new(Memory::default());
            let mut evaluator = Evaluator::new(Settings::default(), world).unwrap();
            evaluator.start_on_this_stack();
            let value = evaluator.eval_text(text.as_bytes(), Origin::String, b"/");
            let raised = value.err()?;
            Some(evaluator.take_error(raised).message)
        })
        .unwrap()
        .unwrap()
    }

    fn nested(names: usize, inner: &str) -> String {
        format!("{{ {}a = {inner}; }}", "a.".repeat(names))
    }

    #[test]
    fn paths_are_as_long_as_sets_may_be_nested() {
        assert_eq!(message(&nested(20_000, "1")), None);
        let too_long = [
            nested(100_000, "1"),
            nested(1_000_000, "1"),
            nested(60_000, &nested(60_000, "1")),
            (0..200).fold("1".to_owned(), |inner, _| nested(1000, &inner)),
        ];
        for text in too_long {
            let message = message(&text);
            assert_eq!(message.as_deref(), Some("memory exhausted"));
        }
    }
}
