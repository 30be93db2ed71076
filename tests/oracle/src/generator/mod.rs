//! Random Nix programs. They are mostly well typed, so that most have a value; now and then a part of
//! another type stands where it should not. Each file here knows one kind of values.

mod attributes;
mod control;
mod derivations;
mod functions;
mod lists;
pub mod modules;
mod numbers;
mod strings;

use crate::expression::Expression;
use crate::random::Random;

/// The kinds of values that are generated on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An integer or a float.
    Number,
    /// A Boolean.
    Boolean,
    /// A string, with or without context.
    String,
    /// A list.
    List,
    /// An attribute set, functors and the like included.
    Attributes,
    /// A function of one argument.
    Function,
    /// A path.
    Path,
    /// A derivation.
    Derivation,
}

const KINDS: &[&Kind] = &[
    &Kind::Number,
    &Kind::Boolean,
    &Kind::String,
    &Kind::String,
    &Kind::List,
    &Kind::Attributes,
    &Kind::Attributes,
    &Kind::Function,
    &Kind::Path,
    &Kind::Derivation,
];

/// How often, in percent, a value of any kind stands where one of a certain kind should.
const CONFUSION: usize = 1;

/// Names of variables and attributes; few, so that they shadow and merge.
const NAMES: &[&str] = &[
    "a", "b", "c", "x", "y", "name", "value", "key", "or'", "a-b",
];

/// Makes programs.
#[derive(Debug)]
pub struct Generator {
    random: Random,
    /// Variables in scope and what they hold.
    scope: Vec<(String, Kind)>,
}

impl Generator {
    /// A generator whose programs depend on `seed` alone.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            random: Random::new(seed),
            scope: Vec::new(),
        }
    }

    /// A program with about `size` operations nested in one another.
    pub fn program(&mut self, size: usize) -> Expression {
        self.scope.clear();
        let kind = self.any_kind();
        let size = 1 + self.random.below(size.max(1));
        self.expression(kind, size)
    }

    fn any_kind(&mut self) -> Kind {
        *self.random.pick(KINDS)
    }

    /// A value of any kind.
    fn any(&mut self, size: usize) -> Expression {
        let kind = self.any_kind();
        self.expression(kind, size)
    }

    /// A value of a kind. `size` bounds the depth.
    fn expression(&mut self, kind: Kind, size: usize) -> Expression {
        let kind = if self.random.percent(CONFUSION) {
            self.any_kind()
        } else {
            kind
        };
        if self.random.percent(20)
            && let Some(variable) = self.variable(kind)
        {
            return variable;
        }
        if size > 0 && self.random.percent(15) {
            return self.control(kind, size - 1);
        }
        match kind {
            Kind::Number => self.number(size),
            Kind::Boolean => self.boolean(size),
            Kind::String => self.string(size),
            Kind::List => self.list(size),
            Kind::Attributes => self.attributes(size),
            Kind::Function => self.function(size),
            Kind::Path => self.path(size),
            Kind::Derivation => self.derivation(size),
        }
    }

    fn variable(&mut self, kind: Kind) -> Option<Expression> {
        let matching: Vec<String> = self
            .scope
            .iter()
            .filter(|(_, k)| *k == kind)
            .map(|(name, _)| name.clone())
            .collect();
        let index = self.random.below(matching.len());
        matching.get(index).map(Expression::leaf)
    }

    fn name(&mut self) -> String {
        self.random.pick(NAMES).to_owned()
    }

    /// A template whose parts are of the given kinds.
    fn fill(&mut self, template: &str, kinds: &[Kind], size: usize) -> Expression {
        let parts = kinds
            .iter()
            .map(|kind| self.expression(*kind, size.saturating_sub(1)))
            .collect();
        Expression::new(template, parts)
    }

    /// One of several templates with the kinds of their parts.
    fn choose(&mut self, templates: &[(&str, &[Kind])], size: usize) -> Expression {
        let (template, kinds) = templates[self.random.below(templates.len())];
        self.fill(template, kinds, size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_names_its_programs() {
        let programs = |seed| {
            let mut generator = Generator::new(seed);
            (0..50)
                .map(|_| generator.program(5).to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(programs(1), programs(1));
        assert_ne!(programs(1), programs(2));
    }

    #[test]
    fn every_placeholder_is_filled_and_brackets_balance() {
        let mut generator = Generator::new(7);
        for _ in 0..2000 {
            let program = generator.program(6).to_string();
            assert!(!program.contains('#'), "{program}");
            for (open, close) in [('(', ')'), ('[', ']')] {
                let count = |c| program.matches(c).count();
                assert!(count(open).abs_diff(count(close)) <= 12, "{program}");
            }
        }
    }

    #[test]
    fn simpler_programs_are_smaller() {
        let mut generator = Generator::new(3);
        for _ in 0..50 {
            let program = generator.program(3);
            assert!(
                program
                    .simpler()
                    .iter()
                    .all(|other| other.size() < program.size())
            );
        }
    }
}
