//! Random module systems for nixpkgs' `lib.evalModules`: options, modules that declare and define them, and
//! what is asked of the result. Each file here knows one part of that.

mod definitions;
mod files;
mod imports;
mod libraries;
mod module;
mod names;
mod options;
mod questions;
mod references;
mod shapes;
mod submodules;
mod system;
mod tree;
mod types;
mod values;

pub use files::files;

use crate::expression::Expression;
use crate::random::Random;
use references::Scope;
use shapes::Declared;
use system::Place;

/// What is in scope in every program and every file, beside the library.
const SCOPE: &str = "inherit (lib) mkOption mkIf mkMerge mkOverride mkDefault mkForce mkOptionDefault mkOrder mkBefore mkAfter mkDefinition types;
  extra = 3;
  name = \"outermost\";";

/// The items of a set, each with what stands before it.
type Items = Vec<(String, Expression)>;

/// What may be in a set: a name, a value, and in how many of a thousand sets.
type Part = (&'static str, &'static str, usize);

/// How deep types and values nest.
const DEPTH: usize = 2;

/// Makes module systems.
#[derive(Debug)]
pub struct Systems {
    random: Random,
    /// What can be referred to, the innermost last.
    scopes: Vec<Scope>,
    /// The options that each file declares.
    files: Vec<Vec<Declared>>,
}

impl Systems {
    /// A generator whose programs depend on `seed` alone.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            files: files::declared(seed),
            ..Self::without_files(seed)
        }
    }

    fn without_files(seed: u64) -> Self {
        Self {
            random: Random::new(seed),
            scopes: Vec::new(),
            files: Vec::new(),
        }
    }

    /// A program that evaluates modules and says in JSON what came of it. It reads the files of [`files`].
    pub fn program(&mut self) -> Expression {
        self.scopes.clear();
        let system = self.system(DEPTH, Place::Program);
        let questions = self.questions(&system);
        let arguments = self.arguments(system.modules);
        let library = self.library();
        let template = format!(
            "let\n  lib = {library};\n  base = import <nixpkgs/lib>;\n  {SCOPE}\n  ask = import ./ask.nix lib;\n  inherit (result) config options;\n  \
             result = lib.evalModules #;\nin builtins.toJSON #"
        );
        Expression::new(&template, vec![arguments, questions])
    }

    /// What `evalModules` is called with.
    fn arguments(&mut self, modules: Vec<Expression>) -> Expression {
        const OTHERS: &[Part] = &[
            ("prefix", "[ \"outer\" ]", 100),
            ("prefix", "throw \"prefix\"", 30),
            ("class", "\"kind\"", 60),
            ("class", "null", 20),
            (
                "specialArgs",
                "{ special = 7; modulesPath = toString ./.; }",
                200,
            ),
            ("specialArgs.modulesPath", "./.", 30),
            ("specialArgs.extra", "throw \"extra\"", 20),
            ("args.extra", "8", 20),
            ("check", "false", 30),
            ("check", "true", 20),
        ];
        let mut items = vec![("\n  modules = ".to_owned(), list(modules))];
        self.add_some(&mut items, OTHERS);
        Expression::set("{", items, "\n}")
    }

    /// Adds some parts of a set, each name once.
    fn add_some(&mut self, items: &mut Items, parts: &[Part]) {
        let first = |label: &str| label.trim().split([' ', '.']).next().map(str::to_owned);
        for (name, value, share) in parts {
            let is_new = !items.iter().any(|(label, _)| first(label) == first(name));
            if is_new && self.random.below(1000) < *share {
                items.push((format!(" {name} = "), Expression::leaf(*value)));
            }
        }
    }

    /// One of several, by chance.
    fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.random.below(choices.len())]
    }

    /// An expression out of several texts.
    fn text(&mut self, choices: &[&str]) -> Expression {
        Expression::leaf(self.random.pick(choices))
    }

    fn percent(&mut self, percent: usize) -> bool {
        self.random.percent(percent)
    }
}

/// A list of expressions that can stand in one.
fn list(items: Vec<Expression>) -> Expression {
    let items = items.into_iter().map(|item| ("\n    ".to_owned(), item));
    Expression::sequence("[", items.collect(), " ]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_names_its_programs_and_files() {
        let programs = |seed| {
            let mut systems = Systems::new(seed);
            (0..30)
                .map(|_| systems.program().to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(programs(1), programs(1));
        assert_ne!(programs(1), programs(2));
        assert_eq!(files(1), files(1));
        assert_ne!(files(1), files(2));
    }

    #[test]
    fn programs_and_files_parse() {
        let parses = |text: &str| {
            let errors = rnix::Root::parse(text);
            assert!(errors.errors().is_empty(), "{:?}\n{text}", errors.errors());
        };
        let mut systems = Systems::new(11);
        for _ in 0..60 {
            let program = systems.program();
            parses(&program.to_string());
            for simpler in program.simpler().iter().step_by(97) {
                parses(&simpler.to_string());
            }
        }
        for seed in 0..5 {
            for (name, text) in files(seed) {
                if name.contains(".nix") {
                    parses(&text);
                }
            }
        }
    }

    #[test]
    fn every_placeholder_is_filled() {
        let mut systems = Systems::new(5);
        for _ in 0..500 {
            let program = systems.program().to_string();
            assert!(!program.contains('#'), "{program}");
        }
    }
}
