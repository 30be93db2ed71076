//! What can surround a value of any kind: bindings, scopes, conditions, calls, errors that are caught.

use super::{Generator, Kind};
use crate::expression::Expression;

impl Generator {
    /// An expression whose value is of a kind, by way of something else.
    pub(super) fn control(&mut self, kind: Kind, size: usize) -> Expression {
        use Kind::{Attributes, Boolean, List, String};
        match self.random.below(12) {
            0..=2 => self.binding(kind, size),
            3 => self.with(kind, size),
            4 => self.fill("(if # then # else #)", &[Boolean, kind, kind], size),
            5 => self.fill("(assert # -> true; #)", &[Boolean, kind], size),
            6 => self.fill("(builtins.seq # #)", &[List, kind], size),
            7 => self.fill("(# . a or #)", &[Attributes, kind], size),
            8 => self.fill("{ a.b = #; }.a.b", &[kind], size),
            9 => self.fill("(builtins.elemAt [ # ] 0)", &[kind], size),
            10 => self.fill("(builtins.addErrorContext # #)", &[String, kind], size),
            _ => self.caught(kind, size),
        }
    }

    fn binding(&mut self, kind: Kind, size: usize) -> Expression {
        let name = self.name();
        let bound = self.any_kind();
        let value = self.expression(bound, size);
        self.scope.push((name.clone(), bound));
        let body = self.expression(kind, size);
        self.scope.pop();
        let template = match self.random.below(5) {
            0 => format!("(({name}: #) #)"),
            1 => format!("(({{ {name}, ... }}: #) {{ {name} = #; }})"),
            2 => format!("(let inherit ({{ {name} = #; }}) {name}; in #)"),
            3 => format!("(let {name} = #; in let inherit {name}; in #)"),
            _ => format!("(let {name} = #; in #)"),
        };
        let is_body_first = template.starts_with("((");
        let parts = if is_body_first {
            vec![body, value]
        } else {
            vec![value, body]
        };
        Expression::new(&template, parts)
    }

    /// A scope of which a variable outside takes precedence.
    fn with(&mut self, kind: Kind, size: usize) -> Expression {
        let name = self.name();
        let value = self.expression(kind, size);
        let is_free = !self.scope.iter().any(|(other, _)| *other == name);
        if is_free {
            self.scope.push((name.clone(), kind));
        }
        let body = self.expression(kind, size);
        if is_free {
            self.scope.pop();
        }
        Expression::new(&format!("(with {{ {name} = #; }}; #)"), vec![value, body])
    }

    fn caught(&mut self, kind: Kind, size: usize) -> Expression {
        let template = self.random.pick(&[
            "(let t = builtins.tryEval (throw \"t\"); in if t.success then # else #)",
            "(let t = builtins.tryEval #; in if t.success then t.value else #)",
            "(let t = builtins.tryEval (assert false; #); in if t.success then t.value else #)",
        ]);
        self.fill(template, &[kind, kind], size)
    }
}
