//! `coop nix parse`: checks the syntax of files and shows how they are read.

use std::io::{self, Read as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use nix_eval::eval::Detail;
use nix_eval::position::Origin;
use nix_eval::{Evaluator, Settings, with_stack};
use nix_flake::System;

use crate::cli::Verdict;

/// Check the syntax of files and show how they are read
#[derive(Args)]
pub(in crate::cli) struct Parse {
    /// Files, or - for standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Say only what is wrong
    #[arg(long, short)]
    quiet: bool,
    /// Switch on experimental features, separated by spaces
    #[arg(long, value_name = "FEATURES", default_value = "")]
    extra_experimental_features: String,
}

impl Parse {
    pub(super) fn run(self) -> anyhow::Result<Verdict> {
        let here = std::env::current_dir().context("cannot find out the current folder")?;
        let outcome = with_stack(|| self.parse_all(here.as_os_str().as_bytes()))
            .context("cannot start the parsing thread")?;
        outcome.context("the sources need more than the heap of 4 GiB")?
    }

    fn parse_all(&self, here: &[u8]) -> anyhow::Result<Verdict> {
        let settings = Settings {
            pipe_operators: self.extra_experimental_features.contains("pipe-operators"),
            home: std::env::var_os("HOME").map(|home| home.as_bytes().to_vec()),
            ..Settings::default()
        };
        let mut evaluator = Evaluator::new(settings, Box::new(System::default()))
            .context("cannot reserve memory for the heap")?;
        evaluator.start_on_this_stack();
        let mut verdict = Verdict::Fine;
        let mut stdout = io::stdout().lock();
        for file in &self.files {
            let (text, origin, base) = if file.as_os_str() == "-" {
                let mut text = Vec::new();
                io::stdin()
                    .read_to_end(&mut text)
                    .context("cannot read standard input")?;
                (text, Origin::Stdin, here.to_vec())
            } else {
                let at = std::path::absolute(file)?;
                let at = at.as_os_str().as_bytes();
                let text = std::fs::read(file)
                    .with_context(|| format!("cannot read {}", file.display()))?;
                (
                    text,
                    Origin::File(at.into()),
                    nix_eval::path::parent(at).to_vec(),
                )
            };
            match evaluator.parse_shown(&text, origin, &base) {
                Ok(shown) if !self.quiet => {
                    stdout.write_all(&shown)?;
                    stdout.write_all(b"\n")?;
                }
                Ok(_) => {}
                Err(raised) => {
                    let error = evaluator.take_error(raised);
                    let report = evaluator.render(&error, Detail::Short);
                    io::stderr().write_all(report.as_bytes())?;
                    verdict = Verdict::Findings;
                }
            }
        }
        Ok(verdict)
    }
}
