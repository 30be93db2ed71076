//! Declarations of options.

use super::shapes::Shape;
use super::{Part, Systems};
use crate::expression::Expression;

/// What may stand in a declaration, and in how many of a thousand it does.
const PARTS: &[Part] = &[
    ("description", "\"described\"", 100),
    ("description", "throw \"description\"", 10),
    ("example", "5", 30),
    ("example", "lib.literalExpression \"5\"", 20),
    ("defaultText", "\"text\"", 20),
    ("defaultText", "lib.literalExpression \"text\"", 20),
    ("internal", "true", 20),
    ("visible", "false", 20),
    ("visible", "\"shallow\"", 10),
    ("readOnly", "true", 40),
    ("readOnly", "false", 20),
    ("readOnly", "throw \"readOnly\"", 5),
    ("relatedPackages", "[ \"hello\" ]", 5),
    ("apply", "v: v", 20),
    ("apply", "v: { applied = v; }", 20),
    ("apply", "v: { applied = 1; }", 10),
    ("apply", "v: throw \"apply\"", 5),
    ("apply", "{ __functor = self: v: [ v ]; }", 10),
    ("apply", "throw \"apply\"", 5),
];

/// Declarations that are none, or of another kind.
const ODD: &[&str] = &[
    "(mkOption { })",
    "(mkOption { default = 1; })",
    "(lib.mkEnableOption \"it\")",
    "(mkOption { type = types.int; default = 1; } // { more = 1; })",
    "(mkOption { type = types.int; default = 1; } // { value = 5; isDefined = 5; loc = 5; })",
    "{ _type = \"option\"; }",
    "{ _type = \"option\"; type = types.int; default = 2; }",
    "(lib.mkSinkUndeclaredOptions { })",
];

/// What stands where a declaration should.
const NONE: &[&str] = &[
    "types.int",
    "5",
    "(x: x)",
    "(throw \"declaration\")",
    "{ _type = \"strange\"; }",
    "(mkIf true (mkOption { }))",
];

impl Systems {
    /// A declaration, perhaps with a type and with a default value of this shape.
    pub(super) fn option(
        &mut self,
        option_type: Option<Expression>,
        shape: &Shape,
        depth: usize,
    ) -> Expression {
        match self.random.below(150) {
            0 => return self.text(NONE),
            1..=3 => return self.text(ODD),
            _ => {}
        }
        let mut items = Vec::new();
        if let Some(option_type) = option_type {
            items.push((" type = ".to_owned(), option_type));
        }
        if self.percent(40) {
            let value = if self.percent(8) {
                self.definition(shape, depth)
            } else {
                self.value(shape, depth)
            };
            items.push((" default = ".to_owned(), value));
        }
        self.add_some(&mut items, PARTS);
        Expression::set("(mkOption {", items, " })")
    }

    /// Another declaration of an option that has one: without what may be there only once.
    pub(super) fn option_again(
        &mut self,
        option_type: &Expression,
        shape: &Shape,
        depth: usize,
    ) -> Expression {
        match self.random.below(10) {
            0 => Expression::leaf("(mkOption { })"),
            1 => Expression::leaf("(mkOption { internal = true; })"),
            2 => self.option(Some(option_type.clone()), shape, depth),
            3 => {
                let (other, _) = self.option_type(depth);
                Expression::new("(mkOption { type = #; })", vec![other])
            }
            4 => Expression::leaf("(mkOption { default = 1; })"),
            _ => Expression::new("(mkOption { type = #; })", vec![option_type.clone()]),
        }
    }
}
