//! Modules: sets and functions, long and short, with what they say of themselves.

use super::names::Path;
use super::shapes::Declared;
use super::system::Place;
use super::tree::Tree;
use super::{Items, Part, Systems, list};
use crate::expression::Expression;

/// A module that is being put together.
#[derive(Debug)]
pub(super) struct Draft {
    /// The module around its set.
    form: &'static str,
    /// Whether its expressions can refer to the options of the system.
    pub(super) sees_config: bool,
    pub(super) options: Tree,
    pub(super) config: Tree,
    pub(super) imports: Vec<Expression>,
    /// What it says beside options and configuration.
    pub(super) others: Items,
    /// The first option that it defines.
    pub(super) first: usize,
}

const SET: &str = "#";

/// Modules that are functions.
const FUNCTIONS: &[&str] = &[
    "({ config, options, lib, ... }: #)",
    "({ config, options, lib, ... }: #)",
    "({ config, options, ... }: #)",
    "(args@{ config, options, ... }: #)",
    "({ config, options, ... }@args: #)",
    "({ config, options, extra ? 4, ... }: #)",
    "(args: let inherit (args) config options; in #)",
    "(args: with args; #)",
    "({ config, options, lib, ... }: let own = #; in own)",
    "{ __functor = self: { config, options, ... }: #; }",
    "(lib.setFunctionArgs (args: let inherit (args) config options; in #) { config = false; options = false; })",
];

/// Modules that take no other arguments than those that they name, or ones that may not be there.
const RARE_FUNCTIONS: &[&str] = &[
    "({ config, options, lib, specialArgs, _class, _prefix }: #)",
    "({ config, options, lib, special ? 1, specialArgs, _class, _prefix, modulesPath ? null }: #)",
    "({ config, options, more, ... }: builtins.seq more #)",
    "({ config, options, missing, ... }: #)",
    "({ config, options, missing, ... }@args: lib.recursiveUpdate { config._module.args.more = missing; } #)",
];

/// The same inside of an attribute of a set, or where nothing is given a name.
const NAMED_FUNCTIONS: &[&str] = &[
    "({ config, options, name, ... }: #)",
    "({ config, options, name, lib, ... }: #)",
    "({ config, options, name ? \"default\", ... }@args: #)",
];

/// What a module may say of itself, and in how many of a thousand.
const OTHERS: &[Part] = &[
    ("key", "\"same\"", 20),
    ("key", "\"k1\"", 15),
    ("key", "5", 2),
    ("key", "./m0.nix", 3),
    ("key", "throw \"key\"", 1),
    ("_file", "\"file\"", 50),
    ("_file", "./m1.nix", 10),
    ("_file", "throw \"file\"", 2),
    ("_class", "\"kind\"", 30),
    ("_class", "\"inner\"", 10),
    ("_class", "\"wrong\"", 4),
    ("_class", "null", 4),
    ("disabledModules", "[ ./m0.nix ]", 12),
    ("disabledModules", "[ \"m1.nix\" ]", 12),
    ("disabledModules", "[ (toString ./m2.nix) \"k1\" ]", 8),
    ("disabledModules", "[ { key = \"k1\"; } ]", 12),
    ("disabledModules", "[ { key = \"same\"; a = 1; } ]", 8),
    ("disabledModules", "[ { a = 1; } ]", 2),
    ("disabledModules", "[ { outPath = \"k1\"; } ]", 3),
    (
        "disabledModules",
        "[ { key = \"k1\"; outPath = \"k2\"; } ]",
        2,
    ),
    ("disabledModules", "[ null 5 [ \"k1\" ] ]", 2),
    ("disabledModules", "[ (x: x) ]", 2),
    ("disabledModules", "throw \"disabled\"", 1),
    ("imports", "throw \"imports\"", 1),
    ("meta.about", "1", 6),
    ("unsupported", "1", 5),
    ("_type", "\"module\"", 3),
];

/// What may only stand in a module without `config` and `options`.
const SHORT_OTHERS: &[Part] = &[
    ("require", "[ ./short.nix ]", 20),
    ("require", "[ { } ]", 10),
];

/// What modules may say to the evaluation of modules itself, and in how many of a thousand.
const SETTINGS: &[(&[&str], &str, usize)] = &[
    (&["_module", "args", "extra"], "5", 30),
    (&["_module", "args", "extra"], "throw \"extra\"", 5),
    (&["_module", "args", "more"], "[ 1 ]", 20),
    (&["_module", "args", "name"], "\"given\"", 5),
    (&["_module", "args", "lib"], "{ }", 3),
    (&["_module", "args"], "mkIf true { more = 2; }", 5),
    (&["_module", "check"], "false", 40),
    (&["_module", "check"], "mkForce true", 5),
    (&["_module", "check"], "throw \"check\"", 2),
    (&["_module", "freeformType"], "types.attrsOf types.int", 8),
    (&["_module", "specialArgs"], "{ }", 2),
];

impl Systems {
    /// A module without anything in it.
    pub(super) fn draft(&mut self, place: Place) -> Draft {
        let is_function = self.percent(55) || matches!(place, Place::File(_));
        let form = if !is_function {
            SET
        } else if self.random.below(40) == 0 {
            self.random.pick(RARE_FUNCTIONS)
        } else if place == Place::Inside && self.percent(40) {
            self.random.pick(NAMED_FUNCTIONS)
        } else {
            self.random.pick(FUNCTIONS)
        };
        Draft {
            form,
            sees_config: is_function || place == Place::Program,
            options: Tree::default(),
            config: Tree::default(),
            imports: Vec::new(),
            others: Vec::new(),
            first: usize::MAX,
        }
    }

    /// Adds definitions of what every evaluation of modules declares itself.
    pub(super) fn add_settings(&mut self, draft: &mut Draft) {
        for (path, text, share) in SETTINGS {
            if self.random.below(1000) < *share {
                let path: Path = path.iter().map(|&name| name.to_owned()).collect();
                let value = Expression::leaf(format!("({text})"));
                draft.config.add(&path, value);
            }
        }
    }

    /// The modules as they are written, some within the imports of others.
    pub(super) fn modules(
        &mut self,
        mut drafts: Vec<Draft>,
        known: &[Declared],
    ) -> Vec<Expression> {
        let mut modules = Vec::new();
        while let Some(draft) = drafts.pop() {
            let module = self.module(&draft, known);
            let times = if self.random.below(25) == 0 { 2 } else { 1 };
            for _ in 0..times {
                let at = self.random.below(drafts.len());
                match drafts.get_mut(at) {
                    Some(around) if self.random.percent(35) => around.imports.push(module.clone()),
                    _ => modules.push(module.clone()),
                }
            }
        }
        modules
    }

    fn module(&mut self, draft: &Draft, known: &[Declared]) -> Expression {
        let limit = draft.first.min(known.len());
        let is_inside = self.enter(draft, known, limit);
        let set = self.module_set(draft);
        self.leave(is_inside);
        let module = Expression::new(draft.form, vec![set]);
        match self.random.below(60) {
            0 => Expression::new("(lib.setDefaultModuleLocation \"where\" #)", vec![module]),
            1 => Expression::new(
                "(lib.modules.importApply ./apply.nix { module = #; })",
                vec![module],
            ),
            2 => Expression::new("{ imports = [ # ]; }", vec![module]),
            3 => Expression::new("{ key = \"same\"; imports = [ # ]; }", vec![module]),
            4 => Expression::new(
                "{ imports = [ # ./short.nix ]; _file = \"around\"; }",
                vec![module],
            ),
            5 => Expression::new("(if true then # else { })", vec![module]),
            _ => module,
        }
    }

    fn module_set(&mut self, draft: &Draft) -> Expression {
        let is_bare = draft.options.is_empty();
        let mut items = Vec::new();
        let imports = draft.imports.clone();
        if !imports.is_empty() {
            let template = match self.random.below(120) {
                0 => "[ # ]",
                1 => "mkIf true #",
                _ => "#",
            };
            let imports = Expression::new(template, vec![list(imports)]);
            items.push((" imports = ".to_owned(), imports));
        }
        items.extend(draft.others.iter().cloned());
        self.add_some(&mut items, OTHERS);
        if is_bare && items.is_empty() && self.percent(6) {
            let config = self.config_of(&draft.config);
            let template = self.random.pick(&[
                "(mkIf true #)",
                "(mkIf (throw \"condition\") #)",
                "(mkForce #)",
                "(mkMerge [ # ])",
            ]);
            return Expression::new(template, vec![config]);
        }
        if is_bare && self.percent(45) {
            self.add_some(&mut items, SHORT_OTHERS);
            if let Tree::Branch(tree) = &draft.config {
                items.extend(self.items(tree, true));
            }
            return Expression::set("{", items, " }");
        }
        if !is_bare {
            let options = self.options_of(&draft.options);
            items.push((" options = ".to_owned(), options));
        }
        if !draft.config.is_empty() || self.percent(20) {
            let config = self.config_of(&draft.config);
            items.push((" config = ".to_owned(), config));
        }
        Expression::set("{", items, " }")
    }
}
