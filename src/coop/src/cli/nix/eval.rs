//! `coop nix eval`: prints the value of an expression.

use clap::Args;
use nix_eval::eval::R;
use nix_eval::heap::ContextId;
use nix_eval::{Evaluator, Value, print};

use super::options::{EvaluationOptions, Laziness, evaluate, evaluate_flakes, select};
use crate::cli::Verdict;

/// Evaluate an expression and print its value
#[derive(Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line"
)]
pub(in crate::cli) struct Eval {
    #[command(flatten)]
    options: EvaluationOptions,
    /// Evaluate everything in the value, not just its outermost part
    #[arg(long)]
    strict: bool,
    /// Print JSON
    #[arg(long, conflicts_with_all = ["xml", "raw"])]
    json: bool,
    /// Print XML
    #[arg(long, conflicts_with = "raw")]
    xml: bool,
    /// Leave positions out of the XML
    #[arg(long)]
    no_location: bool,
    /// Print a string without quotes
    #[arg(long)]
    raw: bool,
    /// Apply the function EXPR to the value first
    #[arg(long, value_name = "EXPR", allow_hyphen_values = true)]
    apply: Option<String>,
    /// Accepted for the sake of nix-instantiate's users
    #[arg(long = "eval", hide = true)]
    _as_nix_instantiate: bool,
    /// Accepted for the sake of nix-instantiate's users
    #[arg(long = "read-write-mode", hide = true)]
    _read_write_mode: bool,
}

impl Eval {
    pub(super) fn run(self) -> anyhow::Result<Verdict> {
        let of_flake =
            |evaluator: &mut Evaluator, value: Value| self.print_of_flake(evaluator, value);
        if let Some(verdict) = evaluate_flakes(&self.options, true, of_flake)? {
            return Ok(verdict);
        }
        let laziness = if self.strict || self.json || self.raw {
            Laziness::InErrors
        } else {
            Laziness::Shown
        };
        evaluate(&self.options, laziness, true, |evaluator, root, args| {
            let mut out = Vec::new();
            let whole = [String::new()];
            let paths = if self.options.attr.is_empty() {
                &whole[..]
            } else {
                &self.options.attr
            };
            for path in paths {
                let mut value = select(evaluator, root, path, args)?;
                if !args.is_empty() {
                    value = evaluator.auto_call(value, args)?;
                }
                let value = self.applied(evaluator, value)?;
                self.print(evaluator, value, &mut out)?;
            }
            Ok(out)
        })
    }

    /// What `--apply` makes of a value.
    fn applied(&self, evaluator: &mut Evaluator, value: Value) -> R<Value> {
        let Some(function) = &self.apply else {
            return Ok(value);
        };
        let origin = nix_eval::position::Origin::String;
        let function = evaluator.eval_text(function.as_bytes(), origin, b"/")?;
        evaluator.call(function, &[value], nix_eval::position::Position::NONE)
    }

    /// As `nix eval` prints: everything is forced, and derivations are shown by their paths.
    fn print_of_flake(&self, evaluator: &mut Evaluator, value: Value) -> R<Vec<u8>> {
        let value = self.applied(evaluator, value)?;
        let mut out = Vec::new();
        if self.json || self.raw || self.xml {
            self.print(evaluator, value, &mut out)?;
        } else {
            out = print::nix(evaluator, value)?;
            out.push(b'\n');
        }
        Ok(out)
    }

    fn print(&self, evaluator: &mut Evaluator, value: Value, out: &mut Vec<u8>) -> R<()> {
        let is_partly_shown = !(self.json || self.raw || self.strict);
        if is_partly_shown && evaluator.is_withheld() && !is_wholly_forced(evaluator, value)? {
            return evaluator.withheld();
        }
        if self.json {
            let mut context = ContextId::EMPTY;
            print::json::write(evaluator, value, true, out, &mut context)?;
            out.push(b'\n');
        } else if self.raw {
            let text = evaluator.text_of(value, "while generating the eval command output")?;
            out.extend_from_slice(&text);
        } else if self.xml {
            let (text, _) = print::xml::document(evaluator, value, self.strict, !self.no_location)?;
            out.extend_from_slice(&text);
        } else {
            let value = if self.strict {
                evaluator.force_deep(value)?
            } else {
                value
            };
            out.extend_from_slice(&print::ambiguous(evaluator, value)?);
            out.push(b'\n');
        }
        Ok(())
    }
}

/// Whether nothing in a value can be unforced: it holds no other values.
fn is_wholly_forced(evaluator: &mut Evaluator, value: Value) -> R<bool> {
    let value = evaluator.force(value)?;
    Ok(!(value.is_attrs() || value.is_list()))
}
