//! `coop nix instantiate`: prints the store paths of derivations, and writes their closures.

use std::path::{Path, PathBuf};

use clap::Args;
use nix_eval::eval::{R, StoreContent};
use nix_eval::{Evaluator, Value};
use nix_flake::closure;

use super::options::{EvaluationOptions, Laziness, evaluate, evaluate_flakes, select};
use crate::cli::Verdict;

/// Print the .drv paths of the derivations in an expression
#[derive(Args)]
pub(in crate::cli) struct Instantiate {
    #[command(flatten)]
    options: EvaluationOptions,
    /// Write the .drv files and sources that they need to FOLDER, by their names in the store
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

impl Instantiate {
    pub(super) fn run(self) -> anyhow::Result<Verdict> {
        // What is written is what this evaluation made, and nothing else.
        let share = self.out.is_none();
        let of_flake = |evaluator: &mut Evaluator, value: Value| {
            let found = evaluator.find_derivations(value, &[])?;
            if let Some(folder) = &self.out {
                write(evaluator, folder)?;
            }
            Ok(found
                .into_iter()
                .flat_map(|drv| [drv, b"\n".to_vec()].concat())
                .collect())
        };
        if let Some(verdict) = evaluate_flakes(&self.options, share, of_flake)? {
            return Ok(verdict);
        }
        evaluate(
            &self.options,
            Laziness::InErrors,
            share,
            |evaluator, root, args| {
                let mut out = Vec::new();
                let whole = [String::new()];
                let paths = if self.options.attr.is_empty() {
                    &whole[..]
                } else {
                    &self.options.attr
                };
                for path in paths {
                    let value = select(evaluator, root, path, args)?;
                    let found = evaluator.find_derivations(value, args)?;
                    for drv in found {
                        out.extend_from_slice(&drv);
                        out.push(b'\n');
                    }
                }
                if let Some(folder) = &self.out {
                    write(evaluator, folder)?;
                }
                Ok(out)
            },
        )
    }
}

/// Writes everything that was put into the store.
fn write(evaluator: &mut Evaluator, folder: &Path) -> R<()> {
    let derivations = evaluator
        .derivations()
        .map(|(path, record)| (path.base_name().to_owned(), record.aterm.to_vec()));
    let derivations: Vec<_> = derivations.collect();
    let contents: Vec<(String, StoreContent)> = evaluator
        .store_contents()
        .map(|(path, content)| (path.base_name().to_owned(), content.clone()))
        .collect();
    let written = closure::write(folder, &derivations, &contents);
    match written {
        Ok(()) => Ok(()),
        Err(error) => evaluator.fail(format!("cannot write to {}: {error}", folder.display())),
    }
}
