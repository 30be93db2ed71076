//! `coop catalogue`: the list of NixOS options that `coop check` knows without evaluating.

use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand};

use super::{Context, Verdict};
use crate::catalogue::{self, Built, Shelf};
use crate::check::Choice;
use crate::fleet::{Files as _, Folder};

/// Make the list of NixOS options that `coop check` uses without evaluating
#[derive(Args)]
pub(super) struct Catalogue {
    #[command(subcommand)]
    command: What,
}

#[derive(Subcommand)]
enum What {
    Build(Build),
}

/// Make the catalogue of one nixpkgs, by evaluating its NixOS with coop's modules
#[derive(Args)]
struct Build {
    /// The nixpkgs, in place of the one that flake.lock pins
    #[arg(long, value_name = "FOLDER|FLAKEREF")]
    nixpkgs: Option<String>,
    /// Download the nixpkgs that flake.lock pins, if it is not on this machine
    #[arg(long)]
    download: bool,
    /// The file to write, in place of one in the cache, where coop finds it
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write nothing; say whether the file of --out, or else the compiled-in catalogue, is up to date
    #[arg(long)]
    check: bool,
}

impl Catalogue {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<Verdict> {
        match self.command {
            What::Build(command) => command.run(context),
        }
    }
}

impl Build {
    fn run(self, context: &Context) -> anyhow::Result<Verdict> {
        let lock = Folder(context.dir.clone()).read("flake.lock").ok();
        let choice = Choice {
            named: self.nixpkgs.clone(),
            download: self.download,
        };
        let built = catalogue::build(&choice, lock.as_deref())?;
        if self.check {
            return self.compare(&built);
        }
        let path = match &self.out {
            Some(path) => path.clone(),
            None => Shelf::of_user()
                .file(&built.label.nar_hash)
                .context("there is no folder for a cache: name a file with --out")?,
        };
        catalogue::write(&path, &built.file)
            .with_context(|| format!("{} cannot be written", path.display()))?;
        let Built { label, file, count } = &built;
        writeln!(
            io::stdout(),
            "{}: NixOS {}, nixpkgs {}\n  {} options, {} of them former ones, {} of unknown type · {} kB",
            path.display(),
            label.release,
            label.revision.as_ref().unwrap_or(&label.nar_hash),
            count.options,
            count.former,
            count.unknown,
            file.len().div_ceil(1000),
        )?;
        Ok(Verdict::Fine)
    }

    fn compare(&self, built: &Built) -> anyhow::Result<Verdict> {
        let (name, is_same) = match &self.out {
            Some(path) => {
                let file =
                    fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
                let is_same = catalogue::is_same(&file, &built.file);
                (path.display().to_string(), is_same)
            }
            None => (
                "the compiled-in catalogue".to_owned(),
                catalogue::is_built_in(&built.file),
            ),
        };
        let said = if is_same {
            "is up to date"
        } else {
            "is not what this nixpkgs and coop's modules make: build it again"
        };
        writeln!(io::stdout(), "{name} {said}")?;
        Ok(if is_same {
            Verdict::Fine
        } else {
            Verdict::Findings
        })
    }
}
