//! Values of options.

use super::Systems;
use super::names::written;
use super::shapes::Shape;
use crate::expression::Expression;

/// Values that are mostly of another type.
const OTHERS: &[&str] = &[
    "5",
    "\"text\"",
    "true",
    "null",
    "[ ]",
    "{ }",
    "1.5",
    "(x: x)",
    "[ 1 \"a\" ]",
    "{ a = 1; }",
    "./m0.nix",
    "[ (mkIf false 1) ]",
    "{ _type = \"other\"; }",
];

const FLOATS: &[&str] = &["1.5", "0.25", "(-2.0)", "1.5"];

const PATHS: &[&str] = &[
    "./m0.nix",
    "./m1.nix",
    "\"/etc/x\"",
    "(toString ./m0.nix)",
    "/etc",
    "(./. + \"/m1.nix\")",
];

const PACKAGES: &[&str] = &[
    "(derivation { name = \"p\"; system = \"s\"; builder = \"/b\"; })",
    "(derivation { name = \"q\"; system = \"s\"; builder = \"/b\"; })",
    "{ type = \"derivation\"; name = \"feigned\"; outPath = \"/nowhere\"; }",
];

const MODULES: &[&str] = &[
    "{ later = 1; }",
    "({ lib, ... }: { later = 2; })",
    "./m0.nix",
    "{ options.later = mkOption { default = 3; }; }",
    "{ _file = \"later\"; imports = [ { later = 4; } ]; }",
];

const TYPES: &[&str] = &[
    "types.int",
    "types.str",
    "(types.attrsOf types.int)",
    "(types.listOf types.str)",
    "(types.submodule { options.inner = mkOption { default = 1; }; })",
];

const ANYTHING: &[&str] = &[
    "1",
    "1",
    "\"a\"",
    "true",
    "null",
    "[ 1 2 ]",
    "1.5",
    "./m0.nix",
    "(x: [ x ])",
    "{ outPath = \"/o\"; }",
    "{ __toString = self: \"t\"; }",
    "{ a = { b = 1; }; }",
];

impl Systems {
    /// A value that an option of this shape takes; now and then another one, or none.
    pub(super) fn value(&mut self, shape: &Shape, depth: usize) -> Expression {
        match self.random.below(100) {
            0..=1 => return self.text(OTHERS),
            2 => return Expression::leaf("(throw \"value\")"),
            _ => {}
        }
        match shape {
            Shape::Integer => self.integer(),
            Shape::Float => self.text(FLOATS),
            Shape::Boolean => self.boolean(),
            Shape::String => self.string(),
            Shape::Path => self.text(PATHS),
            Shape::Package => self.text(PACKAGES),
            Shape::Type => self.text(TYPES),
            Shape::Module => self.text(MODULES),
            Shape::Anything => self.anything(depth),
            Shape::Fixed(texts) => self.text(texts),
            Shape::List(element) => self.list_of(element, depth),
            Shape::Attributes(element) => self.attributes_of(element, depth),
            Shape::Pairs(element) => self.pairs_of(element, depth),
            Shape::Function(result) => self.function_to(result, depth),
            Shape::Either(left, right) => {
                let shape = if self.percent(50) { left } else { right };
                self.value(shape, depth)
            }
            Shape::Tagged(tags) => {
                let (tag, shape) = self.pick(tags);
                let value = self.definition(shape, depth.saturating_sub(1));
                Expression::set("{", vec![(format!(" {tag} = "), value)], " }")
            }
            Shape::Submodule(inner) => self.submodule_value(inner, depth),
        }
    }

    fn list_of(&mut self, element: &Shape, depth: usize) -> Expression {
        let items = (0..self.random.below(4))
            .map(|_| {
                let item = self.part(element, depth);
                (" ".to_owned(), Expression::new("(#)", vec![item]))
            })
            .collect();
        Expression::sequence("[", items, " ]")
    }

    fn attributes_of(&mut self, element: &Shape, depth: usize) -> Expression {
        let mut items: Vec<(String, Expression)> = Vec::new();
        for _ in 0..self.random.below(4) {
            let label = format!(" {} = ", written(&self.attribute()));
            if !items.iter().any(|(other, _)| *other == label) {
                let value = self.part(element, depth);
                items.push((label, value));
            }
        }
        Expression::set("{", items, " }")
    }

    fn pairs_of(&mut self, element: &Shape, depth: usize) -> Expression {
        if self.percent(40) {
            return self.attributes_of(element, depth);
        }
        let items = (0..self.random.below(4))
            .map(|_| {
                let pair = match self.random.below(12) {
                    0 => "(mkOrder 600 { # = #; })",
                    1 => "(mkBefore { # = #; })",
                    2 => "{ # = #; other = 1; }",
                    _ => "{ # = #; }",
                };
                let name = Expression::leaf(written(&self.attribute()));
                let value = self.part(element, depth);
                (" ".to_owned(), Expression::new(pair, vec![name, value]))
            })
            .collect();
        Expression::sequence("[", items, " ]")
    }

    fn function_to(&mut self, result: &Shape, depth: usize) -> Expression {
        let template = self.random.pick(&[
            "(x: #)",
            "({ a ? 1, ... }: #)",
            "({ a ? 1, b ? 2 }: #)",
            "{ __functor = self: x: #; }",
            "(lib.setFunctionArgs (x: #) { a = true; })",
        ]);
        let body = self.part(result, depth);
        Expression::new(template, vec![body])
    }

    fn anything(&mut self, depth: usize) -> Expression {
        if depth == 0 || self.percent(60) {
            return self.text(ANYTHING);
        }
        match self.random.below(4) {
            0 => self.list_of(&Shape::Anything, depth),
            1 => Expression::new("(x: #)", vec![self.anything(depth - 1)]),
            _ => self.attributes_of(&Shape::Anything, depth),
        }
    }

    /// A value within another one, with properties now and then.
    fn part(&mut self, shape: &Shape, depth: usize) -> Expression {
        let depth = depth.saturating_sub(1);
        if self.percent(40) {
            self.definition(shape, depth)
        } else {
            self.value(shape, depth)
        }
    }
}
