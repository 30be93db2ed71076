//! Modules that come from elsewhere: files, data, and what `mkRenamedOptionModule` and its like make.

use super::Systems;
use super::module::Draft;
use super::names::{Path, listed};
use super::shapes::Declared;
use super::system::Place;
use crate::expression::Expression;

/// How a file is named as a module. `#` is the file's name.
const FILES: &[&str] = &[
    "./#.nix",
    "./#.nix",
    "./#.nix",
    "(toString ./#.nix)",
    "(import ./#.nix)",
    "(./. + \"/#.nix\")",
    "\"${./.}/#.nix\"",
    "{ imports = [ ./#.nix ./#.nix ]; }",
    "(lib.setDefaultModuleLocation \"where\" ./#.nix)",
    "{ key = \"same\"; imports = [ ./#.nix ]; }",
];

/// Other modules, and what is none.
const OTHERS: &[&str] = &[
    "./folder",
    "./short.nix",
    "./short.nix",
    "./functor.nix",
    "(lib.modules.importJSON ./data.json)",
    "(lib.modules.importTOML ./data.toml)",
    "(lib.const { })",
    "{ _type = \"module\"; }",
    "{ config = { }; }",
    "{ options = { }; }",
    "{ }",
    "(builtins.intersectAttrs { })",
    "{ _file = ./short.nix; key = \"k1\"; options.keyed = mkOption { default = 1; }; }",
    "{ key = \"k1\"; options.keyed = mkOption { default = 2; }; }",
    "{ key = \"k2\"; disabledModules = [ { key = \"k1\"; } ]; }",
];

const NONE: &[&str] = &[
    "[ { } ]",
    "null",
    "5",
    "\"text\"",
    "types.int",
    "(throw \"module\")",
    "./missing.nix",
    "./number.nix",
    "{ options = 5; }",
    "{ config = 5; }",
    "(x: 5)",
    "({ a, ... }: { })",
    "({ lib }: { })",
    "(mkOrder 5 { })",
];

/// Types for definitions without options.
const FREE: &[&str] = &[
    "types.attrsOf types.int",
    "types.attrsOf types.int",
    "types.lazyAttrsOf types.anything",
    "types.attrsOf types.anything",
    "types.anything",
    "types.attrs",
    "types.attrsOf (types.either types.int types.str)",
    "types.attrsOf types.str",
    "types.lazyAttrsOf types.int",
    "types.submodule { options.free = mkOption { type = types.int; default = 0; }; }",
    "types.nullOr (types.attrsOf types.int)",
    "types.json",
    "types.int",
    "null",
    "throw \"free\"",
];

/// Modules that forward one option to another: from, to, and a value.
const RENAMES: &[&str] = &[
    "(lib.mkRenamedOptionModule # #)",
    "(lib.mkRenamedOptionModule # #)",
    "(lib.mkAliasOptionModule # #)",
    "(lib.mkAliasOptionModule # #)",
    "(lib.mkRenamedOptionModuleWith { from = #; to = #; sinceRelease = 2411; })",
    "(lib.doRename { from = #; to = #; visible = true; warn = false; use = v: v; })",
    "(lib.doRename { from = #; to = #; visible = false; warn = true; use = v: [ v ]; withPriority = false; condition = false; })",
    "(lib.mkChangedOptionModule # # (config: #))",
    "(lib.mkMergedOptionModule [ # [ \"older\" ] ] # (config: #))",
    "(lib.mkRemovedOptionModule # \"gone\")",
];

/// What those say things to.
const WARNINGS: &str = "{ options.warnings = mkOption { type = types.listOf types.str; default = [ ]; }; options.assertions = mkOption { type = types.listOf types.unspecified; default = [ ]; }; }";

impl Systems {
    /// Imports files and others now and then; what the files declare is known then.
    pub(super) fn import_files(
        &mut self,
        drafts: &mut [Draft],
        known: &mut Vec<Declared>,
        place: Place,
    ) {
        let count = match place {
            // What a file imports comes before it.
            Place::File(number) => number,
            _ => self.files.len(),
        };
        if count > 0 && self.percent(30) {
            let number = self.random.below(count);
            let name = format!("m{number}");
            let module = self.random.pick(FILES).replace('#', &name);
            self.import(drafts, Expression::leaf(module));
            if let Some(declared) = self.files.get(number) {
                known.extend(declared.iter().cloned());
            }
        }
        if self.percent(12) {
            let module = self.text(OTHERS);
            self.import(drafts, module);
        }
        if self.random.below(60) == 0 {
            let module = self.text(NONE);
            self.import(drafts, module);
        }
    }

    fn import(&mut self, drafts: &mut [Draft], module: Expression) {
        let at = self.random.below(drafts.len());
        drafts[at].imports.push(module);
    }

    /// Lets there be definitions without options.
    pub(super) fn open(&mut self, drafts: &mut [Draft]) {
        let at = self.random.below(drafts.len());
        let free = self.text(FREE);
        drafts[at]
            .others
            .push((" freeformType = ".to_owned(), free));
    }

    /// Forwards an option that is not there to one that is, and defines it.
    pub(super) fn rename(&mut self, drafts: &mut [Draft], known: &mut Vec<Declared>) {
        let to = self.pick(known).clone();
        let from: Path = match self.random.below(3) {
            0 => vec!["old".to_owned()],
            1 => vec!["old".to_owned(), "one".to_owned()],
            _ => vec!["former".to_owned(), "x.y".to_owned()],
        };
        let template = self.random.pick(RENAMES);
        let value = self.value(&to.shape, 1);
        let parts = vec![
            Expression::leaf(listed(&from)),
            Expression::leaf(listed(&to.path)),
            value,
        ];
        self.import(drafts, Expression::new(template, parts));
        if self.percent(92) {
            self.import(drafts, Expression::leaf(WARNINGS));
        }
        if self.percent(80) {
            let at = self.random.below(drafts.len());
            let is_inside = self.enter(&drafts[at], known, 0);
            let definition = self.definition(&to.shape, 1);
            self.leave(is_inside);
            drafts[at].config.add(&from, definition);
        }
        known.push(Declared {
            path: from,
            shape: to.shape,
        });
    }
}
