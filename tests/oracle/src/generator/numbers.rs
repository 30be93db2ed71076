//! Numbers and truth values: overflow, division, mixed arithmetic, comparison and equality.

use super::{Generator, Kind};
use crate::expression::Expression;

const NUMBERS: &[&str] = &[
    "0",
    "1",
    "2",
    "3",
    "7",
    "10",
    "255",
    "(-1)",
    "(-7)",
    "9223372036854775807",
    "(-9223372036854775807 - 1)",
    "4611686018427387904",
    "0.0",
    "(-0.0)",
    "1.0",
    "0.1",
    "1.5",
    "(-2.5)",
    "100000.0",
    "1000000.0",
    "1.0e16",
    "1.0e-5",
    ".5e1",
    "1.e3",
    "123456.789",
    "1.0e300",
    "9007199254740993",
    "2147483648",
];

impl Generator {
    pub(super) fn number(&mut self, size: usize) -> Expression {
        use Kind::{Attributes, List, Number, String};
        if size == 0 || self.random.percent(40) {
            return Expression::leaf(self.random.pick(NUMBERS));
        }
        self.choose(
            &[
                ("(# + #)", &[Number, Number]),
                ("(# - #)", &[Number, Number]),
                ("(# * #)", &[Number, Number]),
                ("(# / #)", &[Number, Number]),
                ("(- #)", &[Number]),
                ("(builtins.add # #)", &[Number, Number]),
                ("(builtins.sub # #)", &[Number, Number]),
                ("(builtins.bitAnd (builtins.floor #) 12)", &[Number]),
                ("(builtins.bitXor (builtins.ceil #) 5)", &[Number]),
                ("(builtins.bitOr 3 (builtins.floor #))", &[Number]),
                ("(builtins.ceil #)", &[Number]),
                ("(builtins.floor #)", &[Number]),
                ("(builtins.length #)", &[List]),
                ("(builtins.stringLength #)", &[String]),
                ("(builtins.length (builtins.attrNames #))", &[Attributes]),
                ("(builtins.compareVersions # #)", &[String, String]),
                ("(builtins.foldl' (a: b: a + builtins.stringLength (builtins.toJSON b)) 0 #)", &[List]),
                ("(builtins.fromJSON (builtins.toJSON #))", &[Number]),
                ("(let p = builtins.unsafeGetAttrPos \"a\" #; in if p == null then 0 else p.line * 1000 + p.column)", &[Attributes]),
                ("(__sub # #)", &[Number, Number]),
                ("__curPos.column", &[]),
            ],
            size,
        )
    }

    pub(super) fn boolean(&mut self, size: usize) -> Expression {
        use Kind::{Attributes, Boolean, Function, List, Number, Path, String};
        if size == 0 || self.random.percent(20) {
            return Expression::leaf(self.random.pick(&["true", "false"]));
        }
        if self.random.percent(20) {
            let kind = self.any_kind();
            let operator = self.random.pick(&["(# == #)", "(# != #)"]);
            return self.fill(operator, &[kind, kind], size);
        }
        self.choose(
            &[
                ("(# && #)", &[Boolean, Boolean]),
                ("(# || #)", &[Boolean, Boolean]),
                ("(# -> #)", &[Boolean, Boolean]),
                ("(!#)", &[Boolean]),
                ("(# < #)", &[Number, Number]),
                ("(# <= #)", &[Number, Number]),
                ("(# > #)", &[String, String]),
                ("(# >= #)", &[List, List]),
                ("(# < #)", &[Path, Path]),
                ("(# ? a)", &[Attributes]),
                ("(# ? a.b)", &[Attributes]),
                ("(# ? \"${#}\")", &[Attributes, String]),
                ("(builtins.elem # #)", &[Number, List]),
                ("(builtins.all (x: #) #)", &[Boolean, List]),
                ("(builtins.any (x: #) #)", &[Boolean, List]),
                ("(builtins.hasContext #)", &[String]),
                ("(builtins.isFunction #)", &[Function]),
                ("(builtins.isAttrs #)", &[Attributes]),
                ("(builtins.lessThan # #)", &[Number, Number]),
                ("(let x = #; in x == x)", &[Attributes]),
                ("(let f = #; in { g = f; } == { g = f; })", &[Function]),
            ],
            size,
        )
    }
}
