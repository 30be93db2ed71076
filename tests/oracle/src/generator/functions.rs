//! Functions of one argument: plain, with formals, partially applied, functors.

use super::Generator;
use crate::expression::Expression;

impl Generator {
    pub(super) fn function(&mut self, size: usize) -> Expression {
        const PLAIN: &[&str] = &[
            "(x: x)",
            "(x: [ x x ])",
            "builtins.typeOf",
            "builtins.isString",
            "(x: { inherit x; })",
            "(builtins.add 1)",
            "toString",
            "builtins.toJSON",
            "({ a ? 1, ... }: a)",
            "(_: null)",
            "{ __functor = self: x: [ x ]; }",
            "(x: y: x)",
            "({ a, b ? a, ... }@all: all)",
            "(builtins.elemAt [ 1 2 3 4 ])",
            "(x: builtins.tryEval x)",
        ];
        if size == 0 || self.random.percent(40) {
            return Expression::leaf(self.random.pick(PLAIN));
        }
        let name = self.name();
        let kind = self.any_kind();
        self.scope.push((name.clone(), kind));
        let result = self.any_kind();
        let body = self.expression(result, size - 1);
        self.scope.pop();
        match self.random.below(3) {
            0 => Expression::new(&format!("({{ {name} ? #, ... }}: #)"), {
                let default = self.expression(kind, size - 1);
                vec![default, body]
            }),
            1 => Expression::new(&format!("({name}: builtins.seq {name} #)"), vec![body]),
            _ => Expression::new(&format!("({name}: #)"), vec![body]),
        }
    }
}
