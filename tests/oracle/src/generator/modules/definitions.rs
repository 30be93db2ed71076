//! Definitions: values with the properties that `mkIf`, `mkMerge`, `mkOverride` and `mkOrder` put around
//! them, in all orders.

use super::Systems;
use super::shapes::Shape;
use crate::expression::Expression;

const OVERRIDES: &[&str] = &[
    "(mkDefault #)",
    "(mkDefault #)",
    "(mkForce #)",
    "(mkForce #)",
    "(mkOverride 100 #)",
    "(mkOverride 60 #)",
    "(mkOverride 1500 #)",
    "(mkOverride 0 #)",
    "(mkOverride (-5) #)",
    "(mkOverride 9999 #)",
    "(mkOverride 10000 #)",
    "(mkOptionDefault #)",
    "(lib.mkVMOverride #)",
    "(lib.mkImageMediaOverride #)",
    "(mkOverride 99.5 #)",
    "(mkOverride (throw \"priority\") #)",
];

const ORDERS: &[&str] = &[
    "(mkBefore #)",
    "(mkAfter #)",
    "(mkBefore #)",
    "(mkAfter #)",
    "(mkOrder 1000 #)",
    "(mkOrder 700 #)",
    "(mkOrder (-1) #)",
    "(mkOrder 999.5 #)",
    "(mkOrder (throw \"order\") #)",
];

/// Properties written by hand, and what looks like some.
const BY_HAND: &[&str] = &[
    "{ _type = \"if\"; condition = true; content = #; }",
    "{ _type = \"if\"; condition = false; }",
    "{ _type = \"merge\"; contents = [ (#) ]; }",
    "{ _type = \"override\"; priority = 40; content = #; more = 1; }",
    "{ _type = \"order\"; priority = 400; content = #; }",
    "{ _type = \"definition\"; file = \"hand\"; value = #; }",
    "{ _type = \"definition\"; value = #; }",
    "{ _type = \"unknown\"; content = #; }",
    "{ _type = null; content = #; }",
    "{ _type = throw \"tag\"; content = #; }",
    "{ _type = \"merge\"; contents = throw \"contents\"; }",
    "{ _type = \"${\"if\"}\"; condition = true; content = #; }",
];

/// What other functions make of a definition.
const OTHERS: &[&str] = &[
    "(lib.mkAssert true \"message\" #)",
    "(lib.mkAssert false \"message\" #)",
    "(lib.modules.mapDefinitionValue (v: v) #)",
    "(lib.mkMerge (lib.optional true (#)))",
    "(lib.mkMerge (map (v: v) [ (#) (#) ]))",
    "(let definition = #; in definition)",
    "(if builtins.isInt 1 then # else #)",
];

/// The definitions of another option, or its value at its priority.
const ALIASES: &[&str] = &[
    "(lib.mkAliasDefinitions options.#)",
    "(lib.modules.mkAliasAndWrapDefsWithPriority lib.id options.#)",
    "(lib.mkAliasAndWrapDefinitions mkDefault options.#)",
    "(lib.mkDerivedConfig options.# (v: v))",
    "(mkIf options.#.isDefined config.#)",
    "(mkMerge options.#.definitions)",
    "(mkMerge (map mkDefinition options.#.definitionsWithLocations))",
];

impl Systems {
    /// A definition of an option of this shape.
    pub(super) fn definition(&mut self, shape: &Shape, depth: usize) -> Expression {
        if self.percent(55) {
            return self.value(shape, depth);
        }
        // Such types know of definitions that have a file and a value, and of no others.
        let is_strict = matches!(shape, Shape::Submodule(_) | Shape::Type);
        let choices = if is_strict && self.percent(90) {
            26
        } else {
            40
        };
        match self.random.below(choices) {
            0..=10 => {
                let condition = self.condition();
                let content = self.definition(shape, depth);
                Expression::new("(mkIf # #)", vec![condition, content])
            }
            11..=15 => {
                let items = (0..self.random.below(4))
                    .map(|_| {
                        let item = self.definition(shape, depth);
                        (" ".to_owned(), Expression::new("(#)", vec![item]))
                    })
                    .collect();
                Expression::sequence("(mkMerge [", items, " ])")
            }
            16..=25 => self.around(OVERRIDES, shape, depth),
            26..=32 => self.around(ORDERS, shape, depth),
            33..=34 => self.located(shape, depth),
            35 => self.around(BY_HAND, shape, depth),
            36..=37 => {
                let template = self.random.pick(ALIASES);
                match self.about(template) {
                    Some(alias) => alias,
                    None => self.value(shape, depth),
                }
            }
            _ => self.around(OTHERS, shape, depth),
        }
    }

    /// What `mkIf` is given: mostly a Boolean.
    pub(super) fn condition(&mut self) -> Expression {
        match self.random.below(60) {
            0 => self.text(&["1", "null", "\"true\"", "{ }"]),
            1 => Expression::leaf("(throw \"condition\")"),
            2..=3 => {
                let condition = self.boolean();
                Expression::new("(!#)", vec![condition])
            }
            _ => self.boolean(),
        }
    }

    /// A definition that says itself where it is from.
    fn located(&mut self, shape: &Shape, depth: usize) -> Expression {
        let template = self.random.pick(&[
            "(mkDefinition { file = \"elsewhere\"; value = #; })",
            "(mkDefinition { file = \"elsewhere\"; value = #; more = 1; })",
            "(mkDefinition { file = ./m0.nix; value = #; })",
        ]);
        let content = self.definition(shape, depth);
        Expression::new(template, vec![content])
    }

    fn around(&mut self, templates: &[&str], shape: &Shape, depth: usize) -> Expression {
        let template = self.random.pick(templates);
        let count = template.matches('#').count();
        let parts = (0..count).map(|_| self.definition(shape, depth)).collect();
        Expression::new(template, parts)
    }
}
