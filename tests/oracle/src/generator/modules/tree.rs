//! Trees of options or of definitions, by the names that lead to them.

use super::Systems;
use super::names::written;
use crate::expression::Expression;

/// A tree.
#[derive(Debug, Clone)]
pub(super) enum Tree {
    Leaf(Expression),
    Branch(Vec<(String, Tree)>),
}

impl Default for Tree {
    fn default() -> Self {
        Self::Branch(Vec::new())
    }
}

impl Tree {
    /// Adds an expression. Two at one path are both kept by `mkMerge`; one that is in the way of another is
    /// given back.
    pub(super) fn add(&mut self, path: &[String], leaf: Expression) -> Option<Expression> {
        let Some((name, rest)) = path.split_first() else {
            return match self {
                Self::Leaf(other) => {
                    let both = vec![other.clone(), leaf];
                    *self = Self::Leaf(Expression::new("(mkMerge [ (#) (#) ])", both));
                    None
                }
                Self::Branch(items) if items.is_empty() => {
                    *self = Self::Leaf(leaf);
                    None
                }
                Self::Branch(_) => Some(leaf),
            };
        };
        let Self::Branch(items) = self else {
            return Some(leaf);
        };
        let found = items.iter().position(|(other, _)| other == name);
        let at = found.unwrap_or(items.len());
        if found.is_none() {
            items.push((name.clone(), Self::default()));
        }
        items[at].1.add(rest, leaf)
    }

    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::Branch(items) if items.is_empty())
    }
}

impl Systems {
    /// A tree of options as it is written.
    pub(super) fn options_of(&mut self, tree: &Tree) -> Expression {
        self.written_tree(tree, false)
    }

    /// A tree of definitions as it is written, now and then with properties around some of them.
    pub(super) fn config_of(&mut self, tree: &Tree) -> Expression {
        self.written_tree(tree, true)
    }

    fn written_tree(&mut self, tree: &Tree, may_wrap: bool) -> Expression {
        let items = match tree {
            Tree::Leaf(leaf) => return leaf.clone(),
            Tree::Branch(items) => items,
        };
        if may_wrap && self.percent(15) {
            return self.wrapped(items);
        }
        let mut out = self.items(items, may_wrap);
        if !may_wrap && self.random.below(40) == 0 {
            out.push((" empty = ".to_owned(), Expression::leaf("{ }")));
        }
        Expression::set("{", out, " }")
    }

    /// The items of a set; an only item of a set in it is written with a dot now and then.
    pub(super) fn items(
        &mut self,
        items: &[(String, Tree)],
        may_wrap: bool,
    ) -> Vec<(String, Expression)> {
        let mut out = Vec::new();
        for (name, tree) in items {
            let mut label = format!(" {}", written(name));
            let mut tree = tree;
            while let Tree::Branch(inner) = tree
                && let [(name, only)] = &inner[..]
                && self.percent(50)
            {
                label = format!("{label}.{}", written(name));
                tree = only;
            }
            let value = self.written_tree(tree, may_wrap);
            out.push((format!("{label} = "), value));
        }
        out
    }

    /// A set of definitions with properties around it.
    fn wrapped(&mut self, items: &[(String, Tree)]) -> Expression {
        let whole = Tree::Branch(items.to_vec());
        match self.random.below(12) {
            0..=4 => {
                let condition = self.condition();
                let content = self.config_of(&whole);
                Expression::new("(mkIf # #)", vec![condition, content])
            }
            5..=7 => {
                let at = self.random.below(items.len() + 1);
                let (first, rest) = items.split_at(at);
                let mut parts = vec![
                    self.config_of(&Tree::Branch(first.to_vec())),
                    self.config_of(&Tree::Branch(rest.to_vec())),
                ];
                if self.random.below(20) == 0 {
                    parts.push(self.text(&["5", "null", "(mkIf true 5)", "[ ]"]));
                }
                let parts = parts.into_iter().map(|part| {
                    let part = Expression::new("(#)", vec![part]);
                    (" ".to_owned(), part)
                });
                Expression::sequence("(mkMerge [", parts.collect(), " ])")
            }
            8..=10 => {
                let template =
                    self.random
                        .pick(&["(mkForce #)", "(mkDefault #)", "(mkOverride 70 #)"]);
                Expression::new(template, vec![self.config_of(&whole)])
            }
            _ => {
                let template = self.random.pick(&[
                    "(mkBefore #)",
                    "(mkDefinition { file = \"around\"; value = #; })",
                    "{ _type = \"unknown\"; content = #; }",
                    "(let content = #; in content)",
                    "(lib.recursiveUpdate { } #)",
                    "(lib.mkAssert true \"message\" #)",
                ]);
                Expression::new(template, vec![self.config_of(&whole)])
            }
        }
    }
}
