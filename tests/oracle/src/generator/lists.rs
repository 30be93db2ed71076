//! Lists: building, folding, sorting with all sorts of comparators, closures.

use super::{Generator, Kind};
use crate::expression::Expression;

impl Generator {
    pub(super) fn list(&mut self, size: usize) -> Expression {
        use Kind::{Attributes, Boolean, Function, List, Number, String};
        if size == 0 || self.random.percent(30) {
            return self.list_literal(size);
        }
        self.choose(
            &[
                ("(# ++ #)", &[List, List]),
                ("(map # #)", &[Function, List]),
                ("(builtins.filter (x: #) #)", &[Boolean, List]),
                ("(builtins.attrNames #)", &[Attributes]),
                ("(builtins.attrValues #)", &[Attributes]),
                ("(builtins.concatLists [ # # ])", &[List, List]),
                ("(builtins.concatMap (x: [ x # ]) #)", &[Number, List]),
                ("(builtins.genList # 4)", &[Function]),
                ("(builtins.sort builtins.lessThan [ # # # ])", &[Number, Number, Number]),
                ("(builtins.sort (p: q: p < q) [ # # # ])", &[String, String, String]),
                ("(builtins.sort (p: q: #) [ 1 2 3 4 5 6 ])", &[Boolean]),
                ("(builtins.sort (p: q: builtins.bitAnd p 3 < builtins.bitAnd q 1) (builtins.genList (n: builtins.bitAnd (n * 7 + 3) 31) 33))", &[]),
                ("(builtins.sort (p: q: p.k < q.k) (builtins.genList (n: { k = builtins.bitAnd n 3; v = n; }) 9))", &[]),
                ("(builtins.tail (# ++ [ 1 ]))", &[List]),
                ("(builtins.catAttrs \"a\" [ # # ])", &[Attributes, Attributes]),
                ("(builtins.split \"(b)\" #)", &[String]),
                ("(builtins.foldl' (acc: v: [ v ] ++ acc) [ ] #)", &[List]),
                ("(builtins.genericClosure { startSet = [ { key = #; } ]; operator = v: if builtins.isInt v.key && v.key < 9 && v.key > 0 then [ { key = v.key + 2; } { key = v.key * 2; from = v.key; } ] else [ ]; })", &[Number]),
                ("(builtins.genericClosure { startSet = [ { key = #; i = 1; } { key = #; i = 2; } ]; operator = v: [ ]; })", &[Number, Number]),
                ("(builtins.genericClosure { startSet = map (s: { key = s; }) [ # # # ]; operator = v: [ ]; })", &[String, String, String]),
                ("(map (n: builtins.unsafeGetAttrPos n # != null) [ \"a\" \"b\" ])", &[Attributes]),
            ],
            size,
        )
    }

    fn list_literal(&mut self, size: usize) -> Expression {
        let count = self.random.below(4);
        let kind = self.any_kind();
        let items = (0..count)
            .map(|_| {
                let kind = if self.random.percent(30) {
                    self.any_kind()
                } else {
                    kind
                };
                (" ".to_owned(), self.item(kind, size.saturating_sub(1)))
            })
            .collect();
        Expression::sequence("[", items, " ]")
    }

    /// An expression that can stand in a list.
    fn item(&mut self, kind: Kind, size: usize) -> Expression {
        let item = self.expression(kind, size);
        Expression::new("(#)", vec![item])
    }
}
