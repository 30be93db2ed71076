//! Submodules: module systems within options.

use std::rc::Rc;

use super::references::Scope;
use super::shapes::{Inner, Shape};
use super::system::Place;
use super::tree::Tree;
use super::{Part, Systems};
use crate::expression::Expression;

/// What may be said of a submodule besides its modules, and how often in percent.
const OTHERS: &[Part] = &[
    ("shorthandOnlyDefinesConfig", "true", 400),
    ("shorthandOnlyDefinesConfig", "false", 100),
    ("specialArgs", "{ special = 9; }", 150),
    ("class", "\"inner\"", 80),
    ("description", "\"described\"", 80),
];

impl Systems {
    /// The type of a submodule.
    pub(super) fn submodule_type(&mut self, depth: usize) -> (Expression, Shape) {
        let mut system = self.system(depth, Place::Inside);
        let is_written_short = self.percent(60);
        let (whole, takes_modules) = if is_written_short {
            let whole = match system.modules.len() {
                1 => {
                    let only = system.modules.remove(0);
                    Expression::new("(types.submodule #)", vec![only])
                }
                _ => Expression::new("(types.submodule #)", vec![super::list(system.modules)]),
            };
            (whole, false)
        } else {
            let modules = super::list(system.modules);
            let mut items = vec![(" modules = ".to_owned(), modules)];
            self.add_some(&mut items, OTHERS);
            let takes_modules = !items.iter().any(|(label, value)| {
                label.contains(OTHERS[0].0) && value.to_string() == OTHERS[0].1
            });
            let whole = Expression::set("(types.submoduleWith {", items, " })");
            (whole, takes_modules)
        };
        let inner = Inner {
            options: system.options,
            takes_modules,
            is_open: system.is_open,
        };
        (whole, Shape::Submodule(Rc::new(inner)))
    }

    /// A value of a submodule: configuration, a function that gives some, or a module.
    pub(super) fn submodule_value(&mut self, inner: &Inner, depth: usize) -> Expression {
        match self.random.below(30) {
            0..=3 => return self.submodule_function(inner, depth),
            4..=6 if inner.takes_modules => {
                let template = self.random.pick(&[
                    "{ config = #; }",
                    "{ options.added = mkOption { default = 1; }; config = #; }",
                    "{ imports = [ # ]; }",
                    "{ _file = \"value\"; key = \"value\"; config = #; }",
                    "{ key = \"same\"; imports = [ # ]; }",
                    "{ _class = \"inner\"; config = #; }",
                    "{ freeformType = types.anything; config = #; }",
                    "{ options.added = mkOption { type = types.int; }; config = mkMerge [ # { added = 4; } ]; }",
                ]);
                let config = self.configuration(inner, depth, false);
                return Expression::new(template, vec![config]);
            }
            7 => return self.text(&["./m0.nix", "./short.nix", "(toString ./short.nix)"]),
            _ => {}
        }
        self.configuration(inner, depth, false)
    }

    fn submodule_function(&mut self, inner: &Inner, depth: usize) -> Expression {
        let template = self.random.pick(&[
            "({ config, options, name, ... }: #)",
            "({ config, options, lib, ... }: #)",
            "({ config, options, name, ... }: { config = #; })",
            "({ config, options, name, ... }: { config = #; options.added = mkOption { default = name; }; })",
            "(args@{ config, options, ... }: #)",
        ]);
        self.scopes.push(Scope {
            known: inner.options.clone(),
            limit: 0,
        });
        let config = self.configuration(inner, depth, true);
        self.scopes.pop();
        Expression::new(template, vec![config])
    }

    /// Definitions of some options of a submodule; `is_inside` where they can refer to one another.
    pub(super) fn configuration(
        &mut self,
        inner: &Inner,
        depth: usize,
        is_inside: bool,
    ) -> Expression {
        let mut tree = Tree::default();
        let mut first = None;
        for (number, declared) in inner.options.iter().enumerate() {
            if self.percent(65) {
                if is_inside {
                    self.limit(number);
                }
                let definition = self.definition(&declared.shape, depth.saturating_sub(1));
                tree.add(&declared.path, definition);
                first = first.or(Some(number));
            }
        }
        self.add_undeclared(&mut tree, inner.is_open);
        if is_inside {
            self.limit(first.unwrap_or(0));
        }
        self.config_of(&tree)
    }

    /// Adds a definition without an option now and then, mostly where there may be some.
    pub(super) fn add_undeclared(&mut self, tree: &mut Tree, is_open: bool) {
        let per_thousand = if is_open { 450 } else { 12 };
        if self.random.below(1000) >= per_thousand {
            return;
        }
        let path = match self.random.below(4) {
            0 => vec!["free".to_owned(), "deep".to_owned()],
            1 => vec!["freely".to_owned()],
            _ => vec!["free".to_owned()],
        };
        let shape = match self.random.below(4) {
            0 => Shape::Anything,
            1 => Shape::String,
            _ => Shape::Integer,
        };
        let definition = self.definition(&shape, 1);
        tree.add(&path, definition);
    }
}
