//! `oracle mistakes`: every key of a fleet made wrong in turn, and whether `coop check` names its
//! line first.

use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;
use toml_edit::{Document, Item, Key, Table, Value};

use super::{Evaluators, OracleError};

/// Make every key of a fleet wrong in turn, and see whether coop names its line first
#[derive(Args)]
pub(crate) struct Mistakes {
    /// The fleet's folder
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// The share of right lines that is wanted, in hundredths
    #[arg(long, default_value_t = 95)]
    wanted: usize,
}

/// What of a fleet's folder `coop check` looks at.
const PARTS: &[&str] = &[
    "coop.toml",
    "coop.lock",
    "flake.lock",
    "tenants",
    "lists",
    "policies",
    "texts",
    "hosts",
];

/// Sections whose keys are names that the fleet gives: another one is no mistake.
const NAMES: &[&str] = &[
    "people",
    "allowlists",
    "policies",
    "relays",
    "backups",
    "buckets",
    "tenants",
    "hosts",
    "profiles",
    "instances",
];

/// A change that makes a file wrong.
struct Mistake {
    /// What was done to which key.
    what: String,
    start: usize,
    end: usize,
    text: String,
}

impl Mistakes {
    /// Whether enough lines are right.
    pub(crate) fn run(&self, evaluators: &Evaluators) -> Result<bool, OracleError> {
        let folder = tempfile::tempdir().map_err(OracleError::Directory)?;
        for part in PARTS {
            copy(&self.folder.join(part), &folder.path().join(part))?;
        }
        let coop = std::path::absolute(&evaluators.coop).map_err(OracleError::Directory)?;
        let mut files = vec![PathBuf::from("coop.toml")];
        let tenants = folder.path().join("tenants");
        for entry in std::fs::read_dir(&tenants).map_err(read(&tenants))? {
            let name = entry.map_err(read(&tenants))?.file_name();
            files.push(Path::new("tenants").join(name));
        }
        files.sort();
        let (mut tried, mut right) = (0_usize, 0_usize);
        for file in &files {
            let path = folder.path().join(file);
            let text = std::fs::read_to_string(&path).map_err(read(&path))?;
            for mistake in mistakes(&text)? {
                let (before, after) = (&text[..mistake.start], &text[mistake.end..]);
                let line = before.matches('\n').count() + 1;
                let broken = format!("{before}{}{after}", mistake.text);
                std::fs::write(&path, broken).map_err(read(&path))?;
                let wanted = format!("{}:{line}:", file.display());
                let said = check(&coop, folder.path())?;
                tried += 1;
                if said.starts_with(&wanted) {
                    right += 1;
                } else {
                    let first = said.lines().next().unwrap_or("nothing");
                    tell!("{wanted} {}: {first}", mistake.what);
                }
            }
            std::fs::write(&path, &text).map_err(read(&path))?;
        }
        let share = (100 * right).checked_div(tried).unwrap_or(0);
        tell!("mistakes: {right} of {tried} lines right ({share} %)");
        Ok(share >= self.wanted)
    }
}

fn read(path: &Path) -> impl Fn(std::io::Error) -> OracleError {
    let path = path.to_path_buf();
    move |source| OracleError::Read {
        path: path.clone(),
        source,
    }
}

fn copy(from: &Path, to: &Path) -> Result<(), OracleError> {
    if from.is_dir() {
        std::fs::create_dir_all(to).map_err(read(to))?;
        for entry in std::fs::read_dir(from).map_err(read(from))? {
            let name = entry.map_err(read(from))?.file_name();
            copy(&from.join(&name), &to.join(&name))?;
        }
    } else if from.is_file() {
        std::fs::copy(from, to).map_err(read(from))?;
    }
    Ok(())
}

/// What coop has to say, one finding a line, as people meet them.
fn check(coop: &Path, folder: &Path) -> Result<String, OracleError> {
    let output = Command::new(coop)
        .args(["check", "--quick", "--format", "concise", "--dir"])
        .arg(folder)
        .output()
        .map_err(read(coop))?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Every way in which every key is made wrong.
fn mistakes(text: &str) -> Result<Vec<Mistake>, OracleError> {
    let document =
        Document::parse(text).map_err(|error| OracleError::Nix(format!("no TOML: {error}")))?;
    let mut found = Vec::new();
    table(document.as_table(), &mut Vec::new(), &mut found);
    Ok(found)
}

fn table(table: &Table, path: &mut Vec<String>, found: &mut Vec<Mistake>) {
    for (name, item) in table {
        entry(table.key(name), name, item, path, found);
    }
}

fn entry(
    key: Option<&Key>,
    name: &str,
    item: &Item,
    path: &mut Vec<String>,
    found: &mut Vec<Mistake>,
) {
    let is_name = path.len() == 1 && NAMES.contains(&path[0].as_str());
    path.push(name.to_owned());
    match item {
        Item::Table(inner) => table(inner, path, found),
        Item::ArrayOfTables(tables) => {
            for inner in tables {
                table(inner, path, found);
            }
        }
        Item::Value(value) => {
            if !is_name && let Some(span) = key.and_then(Key::span) {
                found.push(Mistake {
                    what: format!("{} misspelt", path.join(".")),
                    start: span.start,
                    end: span.end,
                    text: format!("{name}x"),
                });
            }
            wrong(value, path, found);
        }
        Item::None => {}
    }
    path.pop();
}

/// Other values in place of one, and of what is in it.
fn wrong(value: &Value, path: &mut Vec<String>, found: &mut Vec<Mistake>) {
    let others: &[&str] = match value {
        Value::String(_) => &["7", "\"no \\u0007 such §\""],
        Value::Integer(_) => &["\"many\"", "-7", "123456789012345"],
        Value::Float(_) | Value::Boolean(_) => &["\"perhaps\"", "7"],
        Value::Datetime(_) => &["\"tomorrow\"", "7"],
        Value::Array(_) => &["7", "[7]"],
        Value::InlineTable(_) => &["7", "[]"],
    };
    if let Some(span) = value.span() {
        found.extend(others.iter().map(|&other| Mistake {
            what: format!("{} = {other}", path.join(".")),
            start: span.start,
            end: span.end,
            text: other.to_owned(),
        }));
    }
    match value {
        Value::InlineTable(inner) => {
            for (name, value) in inner {
                let item = Item::Value(value.clone());
                entry(inner.key(name), name, &item, path, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| wrong(item, path, found)),
        _ => {}
    }
}
