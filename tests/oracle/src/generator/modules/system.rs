//! Whole systems: which modules there are, which options each declares, and which it defines.

use super::module::Draft;
use super::references::Scope;
use super::shapes::{Declared, Inner, Shape};
use super::{DEPTH, Systems};
use crate::expression::Expression;

/// Where a system is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// At the top of a program, where its result can be referred to.
    Program,
    /// In the file of this number.
    File(usize),
    /// In the type of an option.
    Inside,
}

/// A system.
#[derive(Debug)]
pub(super) struct System {
    /// Its modules, each as it can stand in a list.
    pub(super) modules: Vec<Expression>,
    pub(super) options: Vec<Declared>,
    /// Whether there may be definitions without options.
    pub(super) is_open: bool,
}

impl System {
    /// The system as something to give configuration to.
    pub(super) fn inner(&self) -> Inner {
        Inner {
            options: self.options.clone(),
            takes_modules: true,
            is_open: self.is_open,
        }
    }
}

impl Systems {
    /// A system whose types nest to `depth`.
    pub(super) fn system(&mut self, depth: usize, place: Place) -> System {
        let (options, modules) = if place == Place::Program {
            (5, 5)
        } else {
            (3, 2)
        };
        let mut drafts: Vec<Draft> = (0..=self.random.below(modules))
            .map(|_| self.draft(place))
            .collect();
        let mut known = Vec::new();
        if place != Place::Inside || self.percent(10) {
            self.import_files(&mut drafts, &mut known, place);
        }
        let is_open = self.percent(18);
        if is_open {
            self.open(&mut drafts);
        }
        for _ in 0..=self.random.below(options) {
            self.declare(&mut drafts, &mut known, depth, place);
        }
        for number in 0..known.len() {
            self.define(&mut drafts, &known, number, depth);
        }
        if place != Place::Inside && self.percent(15) {
            self.rename(&mut drafts, &mut known);
        }
        for draft in &mut drafts {
            let is_inside = self.enter(draft, &known, known.len());
            self.add_undeclared(&mut draft.config, is_open);
            self.add_settings(draft);
            self.leave(is_inside);
        }
        System {
            modules: self.modules(drafts, &known),
            options: known,
            is_open,
        }
    }

    /// Lets what is made next refer to the first `limit` options, where the module can.
    pub(super) fn enter(&mut self, draft: &Draft, known: &[Declared], limit: usize) -> bool {
        if draft.sees_config {
            self.scopes.push(Scope {
                known: known.to_vec(),
                limit: 0,
            });
            self.limit(limit);
        }
        draft.sees_config
    }

    pub(super) fn leave(&mut self, is_inside: bool) {
        if is_inside {
            self.scopes.pop();
        }
    }

    /// Declares an option in one of the modules, now and then in two.
    fn declare(
        &mut self,
        drafts: &mut [Draft],
        known: &mut Vec<Declared>,
        depth: usize,
        place: Place,
    ) {
        let prefix = match place {
            Place::File(number) => vec![format!("m{number}")],
            _ => Vec::new(),
        };
        let path = self.new_path(&prefix, known.iter().map(|declared| &declared.path));
        let at = self.random.below(drafts.len());
        let is_inside = self.enter(&drafts[at], known, known.len());
        let (option_type, shape) = if self.percent(94) {
            let (option_type, shape) = self.option_type(depth);
            (Some(option_type), shape)
        } else {
            (None, Shape::Anything)
        };
        let option = self.option(option_type.clone(), &shape, depth);
        let other = self.random.below(drafts.len());
        let is_like = drafts[other].sees_config == drafts[at].sees_config;
        let again = if other != at && is_like && self.percent(35) {
            let option_type = option_type.unwrap_or_else(|| Expression::leaf("types.int"));
            Some(self.option_again(&option_type, &shape, depth))
        } else {
            None
        };
        self.leave(is_inside);
        drafts[at].options.add(&path, option);
        if let Some(again) = again {
            let is_nested = matches!(shape, Shape::Submodule(_)) && self.percent(40);
            if is_nested || self.random.below(25) == 0 {
                let mut nested = path.clone();
                nested.push("nested".to_owned());
                let option = "(mkOption { type = types.int; default = 4; })";
                drafts[other].options.add(&nested, Expression::leaf(option));
            } else {
                drafts[other].options.add(&path, again);
            }
        }
        known.push(Declared { path, shape });
    }

    /// Defines an option in some of the modules; two definitions are equal now and then.
    fn define(&mut self, drafts: &mut [Draft], known: &[Declared], number: usize, depth: usize) {
        const TIMES: &[usize] = &[0, 0, 1, 1, 1, 1, 1, 2, 2, 3];
        let declared = &known[number];
        let mut last: Option<(bool, Expression)> = None;
        for _ in 0..*self.pick(TIMES) {
            let at = self.random.below(drafts.len());
            let draft = &mut drafts[at];
            let is_inside = self.enter(draft, known, number);
            let definition = match &last {
                Some((other, definition)) if *other == is_inside && self.percent(40) => {
                    definition.clone()
                }
                _ => self.definition(&declared.shape, depth.min(DEPTH)),
            };
            self.leave(is_inside);
            last = Some((is_inside, definition.clone()));
            draft.config.add(&declared.path, definition);
            draft.first = draft.first.min(number);
        }
    }
}
