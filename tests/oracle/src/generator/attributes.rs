//! Attribute sets: nested and dynamic keys, recursion, inheritance, updates, sets that act as functions
//! or strings.

use super::{Generator, Kind};
use crate::expression::Expression;

impl Generator {
    pub(super) fn attributes(&mut self, size: usize) -> Expression {
        use Kind::{Attributes, Function, List, Number, String};
        if size == 0 || self.random.percent(35) {
            return self.set_literal(size);
        }
        self.choose(
            &[
                ("(# // #)", &[Attributes, Attributes]),
                ("(# // { a = #; })", &[Attributes, Number]),
                ("(removeAttrs # [ \"a\" \"key\" ])", &[Attributes]),
                ("(builtins.intersectAttrs # #)", &[Attributes, Attributes]),
                ("(builtins.mapAttrs (n: v: #) #)", &[String, Attributes]),
                ("(builtins.mapAttrs (n: v: { inherit n v; }) #)", &[Attributes]),
                ("(builtins.listToAttrs [ { name = #; value = #; } { name = \"a\"; value = 1; } ])", &[String, Number]),
                ("(builtins.zipAttrsWith (n: vs: vs) [ # # ])", &[Attributes, Attributes]),
                ("(builtins.groupBy (v: builtins.typeOf v) #)", &[List]),
                ("(builtins.partition (v: builtins.isInt v) #)", &[List]),
                ("(builtins.functionArgs #)", &[Function]),
                ("(builtins.tryEval #)", &[Number]),
                ("(builtins.tryEval (builtins.deepSeq # 1))", &[Attributes]),
                ("(builtins.tryEval (throw #))", &[String]),
                ("(builtins.getContext #)", &[String]),
                ("(builtins.parseDrvName #)", &[String]),
                ("(builtins.fromJSON (builtins.unsafeDiscardStringContext (builtins.toJSON (removeAttrs # [ \"outPath\" \"__toString\" \"f\" ]))))", &[Attributes]),
                ("{ __functor = self: v: #; f = 1; }", &[Number]),
                ("{ __toString = self: #; a = 1; }", &[String]),
                ("{ outPath = #; b = 2; }", &[String]),
                ("{ type = \"derivation\"; outPath = #; a = #; }", &[String, Number]),
                ("{ ${#} = #; }", &[String, Number]),
                ("{ \"k${#}\" = 1; ${null} = 2; }", &[String]),
                ("rec { a = #; b = a; __overrides = { a = #; }; }", &[Number, Number]),
                ("(let { body = #; a = 1; })", &[Attributes]),
                ("(# // { inherit (#) a; }.a or { })", &[Attributes, Attributes]),
                ("(let p = builtins.unsafeGetAttrPos \"a\" #; in if p == null then { } else removeAttrs p [ \"file\" ])", &[Attributes]),
            ],
            size,
        )
    }

    /// A set written out. Names come once each.
    fn set_literal(&mut self, size: usize) -> Expression {
        let is_recursive = self.random.percent(25);
        let mut names: Vec<String> = Vec::new();
        for _ in 0..self.random.below(4) {
            let name = self.name();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let depth = self.scope.len();
        let kinds: Vec<Kind> = names.iter().map(|_| self.any_kind()).collect();
        let mut items = Vec::new();
        for (name, kind) in names.iter().zip(kinds) {
            let value = self.expression(kind, size.saturating_sub(1));
            let label = match self.random.below(8) {
                0 => format!(" {name}.{} = ", self.name()),
                1 => format!(" \"{name}\" = "),
                2 => format!("\n  {name} = "),
                _ => format!(" {name} = "),
            };
            let is_whole = !label.trim_start().starts_with(&format!("{name}."));
            items.push((label, value));
            if is_recursive && is_whole {
                self.scope.push((name.clone(), kind));
            }
        }
        self.scope.truncate(depth);
        Expression::set(if is_recursive { "rec {" } else { "{" }, items, " }")
    }
}
