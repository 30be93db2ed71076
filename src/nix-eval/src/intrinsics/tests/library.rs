//! A library of nixpkgs of which something was replaced.

use std::collections::BTreeSet;

use super::modules::{library, right, wrong};
use super::{Outcome, as_written, run};
use crate::eval::Settings;
use crate::intrinsics::known::TABLE;
use crate::intrinsics::{Known, Meaning};
use crate::testing::Memory;

/// Files of the library that hold known functions and what they rely on.
const FILES: [&str; 5] = [
    "attrsets.nix",
    "lists.nix",
    "modules.nix",
    "options.nix",
    "types.nix",
];

/// What has no one place where it could be defined anew, is no function, or is of use in another nixpkgs.
const NOT_REPLACED: [&str; 19] = [
    "args",
    "check",
    "declaredConfig",
    "elemType",
    "evalModulesArgs",
    "extendModules",
    "internalModule",
    "lazy",
    "legacyModules",
    "options",
    "pair",
    "prefix",
    "sample",
    "specialArgs",
    "throwIfNot",
    "type",
    "types",
    "unknownModule",
    "v2",
];

fn variables(known: &'static Known) -> impl Iterator<Item = (&'static str, &'static Meaning)> {
    let all = known
        .relies_on
        .iter()
        .map(|(name, meaning)| (*name, meaning));
    all.filter(|(_, meaning)| !matches!(meaning, Meaning::Anything))
}

/// Known functions that rely on a variable, by themselves or through others.
fn relying_on(variable: &str) -> BTreeSet<&'static str> {
    let mut found = BTreeSet::new();
    loop {
        let relies = |known: &&&'static Known| {
            variables(known).any(|(name, meaning)| {
                let through = match meaning {
                    Meaning::Known(name)
                    | Meaning::Applied(name, _)
                    | Meaning::BuiltinApplied(_, name) => found.contains(name),
                    _ => false,
                };
                name == variable || through
            })
        };
        let more: BTreeSet<&str> = TABLE
            .iter()
            .filter(relies)
            .map(|known| known.name)
            .collect();
        if more.len() == found.len() {
            return found;
        }
        found = more;
    }
}

/// A library of which one thing was replaced.
struct Changed {
    memory: Memory,
    /// The expression for it.
    library: String,
}

impl Changed {
    fn not(library: &Memory) -> Self {
        Self {
            memory: library.fresh(),
            library: "import /nixpkgs/lib".to_owned(),
        }
    }

    /// Replaces a text that is there once in a file of the library; whether it is.
    fn edit(&mut self, file: &str, from: &str, to: &str) -> bool {
        let path = format!("/nixpkgs/lib/{file}").into_bytes();
        let text = str::from_utf8(&self.memory.files[&path]).unwrap();
        let is_there = text.matches(from).count() == 1;
        if is_there {
            let text = text.replace(from, to);
            self.memory.files.insert(path, text.into());
        }
        is_there
    }

    /// Defines a name anew: where it is defined, or in the library as a whole. In `definition` what the name
    /// meant before is called `before`.
    fn define(library: &Memory, name: &str, definition: &str) -> Self {
        let mut changed = Self::not(library);
        let old = format!("{name}'before");
        for file in FILES {
            for indent in ["\n  ", "\n      "] {
                let definition = definition.replace("before", &old);
                let to = format!("{indent}{name} = {definition};{indent}{old} =");
                if changed.edit(file, &format!("{indent}{name} ="), &to) {
                    return changed;
                }
            }
        }
        let definition = definition.replace("before", &format!("former.{name}"));
        changed.library =
            format!("(import /nixpkgs/lib).extend (lib: former: {{ {name} = {definition}; }})");
        changed
    }

    /// Gives every file of the library a builtin of its own.
    fn hide(library: &Memory, name: &str, definition: &str) -> Self {
        let mut changed = Self::not(library);
        let definition = definition.replace("before", &format!("builtins.{name}"));
        let import = format!(
            "builtins.scopedImport (let {name} = {definition}; in {{
              inherit {name};
              builtins = builtins // {{ inherit {name}; }};
            }}) file {{"
        );
        assert!(changed.edit("default.nix", "import file {", &import));
        changed
    }

    /// Libraries that say a name whenever what it means is called.
    fn telling(library: &Memory, name: &str) -> Vec<Self> {
        let definition = format!("argument: builtins.trace \"{name}\" (before argument)");
        let mut all = TABLE.iter().flat_map(|known| variables(known));
        let is_builtin =
            all.any(|(other, meaning)| other == name && matches!(meaning, Meaning::Builtin(_)));
        let mut changed = vec![Self::define(library, name, &definition)];
        if is_builtin {
            changed.push(Self::hide(library, name, &definition));
        }
        changed
    }
}

/// What an evaluation of a library gives, where that is the same with intrinsics and without.
fn compared(changed: &Changed, what: &str) -> Outcome {
    let both = |program: &str| {
        let outcome = run(&changed.memory, program, Settings::default());
        let written = run(&changed.memory, program, as_written());
        assert_eq!(outcome.answer, written.answer, "{what}");
        assert_eq!(written.stats.intrinsics, 0);
        (outcome, written)
    };
    both(&wrong(&changed.library));
    // Of what is wrong more may be said: what an intrinsic found wrong is evaluated again as it is written.
    let (outcome, written) = both(&right(&changed.library));
    assert_eq!(outcome.said, written.said, "{what}");
    assert!(outcome.stats.intrinsics > 0, "{what}");
    outcome
}

#[test]
fn what_is_relied_on_is_called_where_it_was_replaced() {
    let Some(library) = library() else { return };
    let plain = compared(&Changed::not(&library), "nothing");
    let known = || TABLE.iter().filter(|known| known.name != "sample");
    let is_replaced = |name: &&str| !NOT_REPLACED.contains(name);
    let functions = known().flat_map(|known| variables(known));
    let called: BTreeSet<&str> = functions
        .filter(|(_, meaning)| !matches!(meaning, Meaning::Integer(_)))
        .map(|(name, _)| name)
        .chain(known().map(|known| known.name))
        .filter(is_replaced)
        .collect();
    let anything = known().flat_map(|known| known.relies_on);
    let anything = anything.filter(|(_, meaning)| matches!(meaning, Meaning::Anything));
    let anything = anything.map(|(name, _)| *name).filter(is_replaced);
    let names: BTreeSet<&str> = called.iter().copied().chain(anything).collect();
    for name in names {
        let (mut is_said, mut is_refused) = (false, false);
        let relying = relying_on(name);
        for changed in Changed::telling(&library, name) {
            let outcome = compared(&changed, name);
            assert_eq!(outcome.answer, plain.answer, "{name}");
            is_said |= outcome.said.contains(&format!("trace: {name}"));
            let mut refused = outcome.refused.iter();
            is_refused |= refused.any(|refused| relying.contains(refused.0));
        }
        assert!(is_said || !called.contains(name), "{name}");
        assert_eq!(is_refused, !relying.is_empty(), "{name}");
    }
}

#[test]
fn what_means_something_else_gives_something_else() {
    let Some(library) = library() else { return };
    let plain = compared(&Changed::not(&library), "nothing");
    let changes = [
        ("defaultOverridePriority", "1200"),
        ("defaultOrderPriority", "600"),
        ("mkOptionDefault", "mkOverride 10"),
        (
            "filterOverrides'",
            "all: before all // { highestPrio = 3; }",
        ),
        ("sortProperties", "all: lib.reverseList (before all)"),
        (
            "mergeDefinitions",
            "loc: type: all: before loc type (lib.reverseList all)",
        ),
        (
            "dischargeProperties",
            "value: if value ? condition then [ ] else before value",
        ),
        ("setDefaultModuleLocation", "file: before \"elsewhere\""),
        ("unifyModuleSyntax", "file: before \"elsewhere\""),
        ("pushPositions", "sets: before (lib.reverseList sets)"),
        ("mergeEqualOption", "loc: all: 5"),
        (
            "foldl'",
            "f: start: list: before f start (lib.reverseList list)",
        ),
        ("imap1", "f: before (n: f (n + 1))"),
        ("min", "a: b: b"),
        ("concatMap", "f: list: lib.reverseList (before f list)"),
        ("filterAttrs", "accepts: set: { }"),
        ("attrByPath", "path: default: set: default"),
    ];
    for (name, definition) in changes {
        let outcome = compared(&Changed::define(&library, name, definition), name);
        assert_ne!(outcome.answer, plain.answer, "{name}");
    }
}
