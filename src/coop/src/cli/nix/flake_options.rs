//! Options of the commands that take flakes: which inputs to replace, what may be written.

use std::collections::BTreeSet;

use anyhow::Context as _;
use clap::{ArgAction, Args};
use nix_flake::lock::{LockOptions, parse_input_path};
use nix_flake::{FlakeRef, ParseOptions};

#[derive(Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line"
)]
pub(super) struct FlakeOptions {
    /// Let flakes read the environment, and files outside of the store
    #[arg(long)]
    pub(super) impure: bool,
    /// Use the flake REF for the input PATH
    #[arg(long, num_args = 2, value_names = ["PATH", "REF"], action = ArgAction::Append)]
    override_input: Vec<String>,
    /// Lock the input PATH anew
    #[arg(long, value_name = "PATH", hide = true)]
    update_input: Vec<String>,
    /// Do not write a changed lock file
    #[arg(long)]
    no_write_lock_file: bool,
    /// Fail where the lock file would have to be changed
    #[arg(long)]
    no_update_lock_file: bool,
    /// Ask no registry what a name stands for
    #[arg(long)]
    no_registries: bool,
    /// Lock all inputs anew
    #[arg(long)]
    recreate_lock_file: bool,
}

/// A reference as a user types it, with what follows its `#`.
pub(super) fn parse_reference(text: &str) -> anyhow::Result<(FlakeRef, String)> {
    let here = std::env::current_dir().context("cannot find out the current folder")?;
    let options = ParseOptions {
        base: Some(&here),
        ..ParseOptions::default()
    };
    Ok(FlakeRef::parse_with_fragment(text, options)?)
}

impl FlakeOptions {
    pub(super) fn lock_options(&self) -> anyhow::Result<LockOptions> {
        let mut options = LockOptions {
            // As in Nix, what replaces an input is not written down.
            write: !self.no_write_lock_file && self.override_input.is_empty(),
            may_change: !self.no_update_lock_file,
            use_registries: !self.no_registries,
            recreate: self.recreate_lock_file,
            ..LockOptions::default()
        };
        let here = std::env::current_dir().context("cannot find out the current folder")?;
        for pair in self.override_input.chunks_exact(2) {
            let parse = ParseOptions {
                base: Some(&here),
                allow_missing: true,
                ..ParseOptions::default()
            };
            options.overrides.insert(
                parse_input_path(&pair[0])?,
                FlakeRef::parse(&pair[1], parse)?,
            );
        }
        options.updates = self.paths(&self.update_input)?;
        Ok(options)
    }

    /// Paths of inputs as the command line has them.
    #[expect(clippy::unused_self, reason = "it belongs to what the options mean")]
    pub(super) fn paths(&self, texts: &[String]) -> anyhow::Result<BTreeSet<Vec<String>>> {
        texts
            .iter()
            .map(|text| Ok(parse_input_path(text)?))
            .collect()
    }
}

/// Whether a word of the command line is meant as a flake, where it may be a file too.
pub(super) fn is_flake(word: &str) -> bool {
    if word.contains('#') {
        return true;
    }
    let path = std::path::Path::new(word);
    if path.exists() {
        return path.join("flake.nix").exists() && !path.join("default.nix").exists();
    }
    let scheme = word.split_once(':').map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| {
        scheme.starts_with(|first: char| first.is_ascii_lowercase())
            && scheme
                .bytes()
                .all(|c| c.is_ascii_alphanumeric() || b"+-.".contains(&c))
    })
}
