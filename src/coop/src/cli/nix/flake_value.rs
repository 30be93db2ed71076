//! What `FLAKEREF#ATTR` stands for, looked for where `nix eval` looks (`installable-flake.cc`).

use std::io::{self, Write as _};

use nix_eval::eval::{Detail, R};
use nix_eval::{Evaluator, Settings, Value};
use nix_flake::session::{Failure, Options, Source, evaluate};

use super::flake_options::{FlakeOptions, parse_reference};
use crate::cli::Verdict;

/// The attribute paths that a fragment may mean, in order.
fn attribute_paths(fragment: &str, system: &str) -> Vec<String> {
    if fragment.is_empty() {
        return vec![
            format!("packages.{system}.default"),
            format!("defaultPackage.{system}"),
        ];
    }
    if let Some(exact) = fragment.strip_prefix('.') {
        return vec![exact.to_owned()];
    }
    vec![
        format!("packages.{system}.{fragment}"),
        format!("legacyPackages.{system}.{fragment}"),
        fragment.to_owned(),
    ]
}

/// `'a', 'b' or 'c'`
fn alternatives(paths: &[String]) -> String {
    let quoted: Vec<String> = paths.iter().map(|path| format!("'{path}'")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

/// The value at the first of the paths that there is.
fn find(evaluator: &mut Evaluator, flake: Value, word: &str, paths: &[String]) -> R<Value> {
    let outputs = evaluator.select_by_text(flake, b"outputs", "outputs")?;
    'paths: for path in paths {
        let mut value = evaluator.force(outputs)?;
        for name in nix_eval::path::attribute_path(path) {
            if !value.is_attrs() {
                continue 'paths;
            }
            let symbol = evaluator.symbols.intern(&name);
            match evaluator.heap.attr(value, symbol) {
                Some(found) => value = evaluator.force(found)?,
                None => continue 'paths,
            }
        }
        return Ok(value);
    }
    evaluator.fail(format!(
        "flake '{word}' does not provide attribute {}",
        alternatives(paths)
    ))
}

/// Does `work` on the value that `flake` stands for, and prints what it returns.
pub(super) fn run(
    flake: &str,
    flakes: &FlakeOptions,
    settings: Settings,
    (detail, share): (Detail, bool),
    work: impl Fn(&mut Evaluator, Value) -> R<Vec<u8>> + Sync,
) -> anyhow::Result<Verdict> {
    let (reference, fragment) = match parse_reference(flake) {
        Ok(parsed) => parsed,
        Err(error) => {
            writeln!(io::stderr(), "error: {error}")?;
            return Ok(Verdict::Findings);
        }
    };
    let paths = attribute_paths(&fragment, &settings.system);
    let shown = reference.show();
    let options = Options {
        lock: flakes.lock_options()?,
        impure: flakes.impure,
        settings,
        warn: true,
        detail,
        share,
    };
    let outcome = evaluate(
        &Source::Reference(reference),
        &options,
        |evaluator, flake| {
            let value = find(evaluator, flake, &shown, &paths)?;
            let output = work(evaluator, value)?;
            // Before anything is saved for next time.
            let mut stdout = io::stdout().lock();
            Ok(stdout.write_all(&output).and_then(|()| stdout.flush()))
        },
    );
    match outcome {
        Ok(printed) => {
            printed?;
            Ok(Verdict::Fine)
        }
        Err(Failure::Evaluation { report, .. }) => {
            io::stderr().write_all(report.as_bytes())?;
            Ok(Verdict::Findings)
        }
        Err(failure @ (Failure::Flake(_) | Failure::Resources(_) | Failure::Stale(_))) => {
            writeln!(io::stderr(), "error: {failure}")?;
            Ok(Verdict::Findings)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{alternatives, attribute_paths};

    #[test]
    fn packages_come_before_plain_names() {
        let paths = attribute_paths("a.b", "x");
        assert_eq!(paths, ["packages.x.a.b", "legacyPackages.x.a.b", "a.b"]);
        assert_eq!(attribute_paths(".a", "x"), ["a"]);
        assert_eq!(
            attribute_paths("", "x"),
            ["packages.x.default", "defaultPackage.x"]
        );
    }

    #[test]
    fn alternatives_read_as_a_sentence() {
        assert_eq!(alternatives(&["a".into()]), "'a'");
        let three = ["a".into(), "b".into(), "c".into()];
        assert_eq!(alternatives(&three), "'a', 'b' or 'c'");
    }
}
