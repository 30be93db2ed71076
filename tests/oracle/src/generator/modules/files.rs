//! Files that programs read: modules, data, and what puts values in a form that can be compared.

use super::shapes::Declared;
use super::system::{Place, System};
use super::{SCOPE, Systems};

/// How many files are made at random.
const COUNT: usize = 6;

/// Files that are always the same.
const FIXED: &[(&str, &str)] = &[
    ("ask.nix", include_str!("ask.nix")),
    ("apply.nix", "{ module }: module\n"),
    (
        "short.nix",
        "{ lib, ... }: { _module.args.more = lib.mkDefault 3; }\n",
    ),
    (
        "functor.nix",
        "{ __functor = self: { lib, config, ... }: { options.functor = lib.mkOption { default = config.functor2 or 2; }; }; }\n",
    ),
    (
        "folder/default.nix",
        "{ lib, ... }: { imports = [ ./inner.nix ../short.nix ]; options.folder.a = lib.mkOption { default = 1; }; }\n",
    ),
    (
        "folder/inner.nix",
        "{ config, lib, ... }: { options.folder.b = lib.mkOption { type = lib.types.int; default = config.folder.a; }; }\n",
    ),
    ("number.nix", "5\n"),
    (
        "data.json",
        "{ \"_module\": { \"args\": { \"more\": 1 } } }\n",
    ),
    ("data.toml", "[_module.args]\nmore = 2\n"),
];

/// The files that the programs of a seed read, by name.
#[must_use]
pub fn files(seed: u64) -> Vec<(String, String)> {
    let fixed = FIXED
        .iter()
        .map(|&(name, text)| (name.to_owned(), text.to_owned()));
    let made = make(seed).into_iter().enumerate().map(|(number, system)| {
        let modules = super::list(system.modules);
        let text = format!(
            "let\n  lib = import <nixpkgs/lib>;\n  {SCOPE}\n  config = {{ }};\n  options = {{ }};\nin {{ imports = {modules}; }}\n"
        );
        (format!("m{number}.nix"), text)
    });
    fixed.chain(made).collect()
}

/// The options that each file declares.
pub(super) fn declared(seed: u64) -> Vec<Vec<Declared>> {
    make(seed)
        .into_iter()
        .map(|system| system.options)
        .collect()
}

fn make(seed: u64) -> Vec<System> {
    let mut systems = Systems::without_files(!seed);
    (0..COUNT)
        .map(|number| {
            let system = systems.system(1, Place::File(number));
            systems.files.push(system.options.clone());
            system
        })
        .collect()
}
