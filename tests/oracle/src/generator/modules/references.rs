//! What modules say by way of other options: their values, and what is known about them.

use super::Systems;
use super::names::dotted;
use super::shapes::{Declared, Shape};
use crate::expression::Expression;

/// What can be referred to as `config` and `options`.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope {
    pub(super) known: Vec<Declared>,
    /// How many of the known may be referred to: those before the one that is defined, lest all definitions
    /// lead back to themselves.
    pub(super) limit: usize,
}

const PRIORITIES: &[&str] = &["1000", "100", "50", "1500"];

impl Systems {
    /// A condition.
    pub(super) fn boolean(&mut self) -> Expression {
        let found = match self.random.below(14) {
            0..=1 => Some(Expression::leaf("false")),
            6..=8 => self.value_of(|shape| matches!(shape, Shape::Boolean)),
            9..=10 => self.about("options.#.isDefined"),
            11 => {
                let priority = self.random.pick(PRIORITIES);
                self.about(&format!("(options.#.highestPrio <= {priority})"))
            }
            12 => self.about("(options ? #)"),
            13 => self.about("(builtins.length options.#.definitions > 1)"),
            _ => None,
        };
        found.unwrap_or_else(|| Expression::leaf("true"))
    }

    pub(super) fn integer(&mut self) -> Expression {
        const LITERALS: &[&str] = &["1", "1", "2", "3", "42", "(-7)", "0", "(1 + 1)", "extra"];
        let found = match self.random.below(12) {
            0..=1 => self.value_of(|shape| matches!(shape, Shape::Integer)),
            2 => self.about("options.#.highestPrio"),
            3 => self.about("(builtins.length options.#.files)"),
            _ => None,
        };
        found.unwrap_or_else(|| self.text(LITERALS))
    }

    pub(super) fn string(&mut self) -> Expression {
        const LITERALS: &[&str] = &[
            "\"a\"",
            "\"a\"",
            "\"b\"",
            "\"a b\"",
            "\"\"",
            "\"x\\ny\"",
            "''text''",
            "name",
        ];
        const ABOUT: &[&str] = &[
            "\"${options.#}\"",
            "options.#.type.description",
            "(lib.showOption options.#.loc)",
            "(lib.concatStringsSep \",\" options.#.files)",
            "(lib.concatStringsSep \",\" options.#.declarations)",
            "(lib.showFiles options.#.files)",
        ];
        let found = match self.random.below(12) {
            0..=1 => self.value_of(|shape| matches!(shape, Shape::String)),
            2 => {
                let template = self.random.pick(ABOUT);
                self.about(template)
            }
            _ => None,
        };
        found.unwrap_or_else(|| self.text(LITERALS))
    }

    /// The value of an option whose values are of some shape.
    pub(super) fn value_of(&mut self, fits: fn(&Shape) -> bool) -> Option<Expression> {
        let scope = self.scopes.last()?;
        let fitting: Vec<String> = scope.known[..scope.limit]
            .iter()
            .filter(|declared| fits(&declared.shape))
            .map(|declared| format!("config.{}", dotted(&declared.path)))
            .collect();
        (!fitting.is_empty()).then(|| Expression::leaf(self.pick(&fitting)))
    }

    /// Something about an option, from a template in which it stands for `#`.
    pub(super) fn about(&mut self, template: &str) -> Option<Expression> {
        let scope = self.scopes.last()?;
        let known = scope.known[..scope.limit].to_vec();
        if known.is_empty() {
            return None;
        }
        let path = dotted(&self.pick(&known).path);
        Some(Expression::leaf(template.replace('#', &path)))
    }

    /// Lets what is made next refer to the first `limit` options, now and then to all.
    pub(super) fn limit(&mut self, limit: usize) {
        let is_free = self.random.below(200) == 0;
        if let Some(scope) = self.scopes.last_mut() {
            scope.limit = if is_free { scope.known.len() } else { limit };
        }
    }
}
