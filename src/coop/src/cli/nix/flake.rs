//! `coop nix flake`: what a flake is, what it provides, and its lock file.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use clap::{Args, Subcommand};
use nix_eval::date;
use nix_flake::lock::{Edge, LockFile, LockOptions, Locked, NodeId, ROOT};
use nix_flake::session::{Source, open};
use nix_flake::{FlakeRef, System};
use serde_json::{Map, Value as Json, json};

use super::flake_options::{FlakeOptions, parse_reference};
use super::flake_show::Show;
use crate::cli::Verdict;

/// Look at flakes, and lock their inputs
#[derive(Args)]
pub(in crate::cli) struct Flake {
    #[command(subcommand)]
    command: FlakeCommand,
}

#[derive(Subcommand)]
enum FlakeCommand {
    /// Show where a flake is from, and its inputs
    Metadata(Metadata),
    Show(Show),
    /// Lock inputs that are not locked yet
    Lock(Lock),
    /// Lock inputs anew: those named, or all
    Update(Update),
}

#[derive(Args)]
struct Metadata {
    /// The flake
    #[arg(value_name = "FLAKEREF", default_value = ".")]
    flake: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    options: FlakeOptions,
}

#[derive(Args)]
struct Lock {
    /// The flake
    #[arg(value_name = "FLAKEREF", default_value = ".")]
    flake: String,
    #[command(flatten)]
    options: FlakeOptions,
}

#[derive(Args)]
struct Update {
    /// Inputs, as paths of names with slashes; none: all
    #[arg(value_name = "INPUT")]
    inputs: Vec<String>,
    /// The flake
    #[arg(long, value_name = "FLAKEREF", default_value = ".")]
    flake: String,
    #[command(flatten)]
    options: FlakeOptions,
}

impl Flake {
    pub(super) fn run(self) -> anyhow::Result<Verdict> {
        match self.command {
            FlakeCommand::Metadata(command) => command.run(),
            FlakeCommand::Show(command) => command.run(),
            FlakeCommand::Lock(command) => {
                let options = LockOptions {
                    write: true,
                    fail_on_unlocked: true,
                    ..command.options.lock_options()?
                };
                lock(&command.flake, &options)
            }
            FlakeCommand::Update(command) => {
                let updates = command.options.paths(&command.inputs)?;
                let options = LockOptions {
                    write: true,
                    recreate: updates.is_empty(),
                    updates,
                    ..command.options.lock_options()?
                };
                lock(&command.flake, &options)
            }
        }
    }
}

/// Says why there is no flake.
fn report(error: &dyn std::fmt::Display) -> anyhow::Result<Verdict> {
    writeln!(io::stderr(), "error: {error}")?;
    Ok(Verdict::Findings)
}

fn open_flake(word: &str, options: &LockOptions) -> anyhow::Result<Result<Locked, Verdict>> {
    let reference = match parse_reference(word) {
        Ok((reference, _)) => reference,
        Err(error) => return report(&error).map(Err),
    };
    match open(&Source::Reference(reference), options) {
        Ok((fetcher, locked)) => {
            System::new(fetcher, false).tell_warnings();
            Ok(Ok(locked))
        }
        Err(error) => report(&error).map(Err),
    }
}

fn lock(word: &str, options: &LockOptions) -> anyhow::Result<Verdict> {
    Ok(match open_flake(word, options)? {
        Ok(_) => Verdict::Fine,
        Err(verdict) => verdict,
    })
}

impl Metadata {
    fn run(self) -> anyhow::Result<Verdict> {
        let locked = match open_flake(&self.flake, &self.options.lock_options()?)? {
            Ok(locked) => locked,
            Err(verdict) => return Ok(verdict),
        };
        let mut stdout = io::stdout().lock();
        if self.json {
            writeln!(stdout, "{}", metadata_json(&locked))?;
        } else {
            stdout.write_all(metadata_text(&locked).as_bytes())?;
        }
        Ok(Verdict::Fine)
    }
}

fn store_path(locked: &Locked) -> String {
    let store = nix_store::StoreDir::default();
    let path = store.print(&locked.flake.location.tree.store_path);
    String::from_utf8_lossy(&path).into_owned()
}

fn metadata_json(locked: &Locked) -> Json {
    let flake = &locked.flake;
    let attributes = &flake.locked.input.attributes;
    let text = |name: &str| attributes.text(name).ok().flatten().map(Json::from);
    let number = |name: &str| attributes.number(name).ok().flatten().map(Json::from);
    let mut facts: Vec<(&str, Option<Json>)> = vec![
        (
            "description",
            flake.file.description.clone().map(Json::from),
        ),
        ("dirtyRevision", text("dirtyRev")),
        ("fingerprint", locked.fingerprint().map(Json::from)),
        ("lastModified", number("lastModified")),
        ("locked", Some(flake.locked.to_attributes().to_value())),
        ("locks", Some(locked.lock_file.to_value().0)),
        ("original", Some(flake.original.to_attributes().to_value())),
        ("originalUrl", Some(flake.original.show().into())),
        ("path", Some(store_path(locked).into())),
        ("resolved", Some(flake.resolved.to_attributes().to_value())),
        ("resolvedUrl", Some(flake.resolved.show().into())),
        ("revCount", number("revCount")),
        ("revision", text("rev")),
        ("url", Some(flake.locked.show().into())),
    ];
    let mut map = Map::new();
    for (name, value) in facts.drain(..) {
        if let Some(value) = value {
            map.insert(name.to_owned(), value);
        }
    }
    json!(map)
}

fn metadata_text(locked: &Locked) -> String {
    let flake = &locked.flake;
    let attributes = &flake.locked.input.attributes;
    let text = |name: &str| attributes.text(name).ok().flatten().map(str::to_owned);
    let number = |name: &str| attributes.number(name).ok().flatten();
    let is_locked = flake.locked.input.is_locked();
    let facts = [
        ("Resolved URL:", Some(flake.resolved.show())),
        ("Locked URL:", is_locked.then(|| flake.locked.show())),
        ("Description:", flake.file.description.clone()),
        ("Path:", Some(store_path(locked))),
        ("Revision:", text("rev")),
        ("Revision:", text("dirtyRev")),
        (
            "Revisions:",
            number("revCount").map(|count| count.to_string()),
        ),
        ("Last modified:", number("lastModified").map(date::moment)),
        ("Fingerprint:", locked.fingerprint()),
    ];
    let mut out = String::new();
    for (name, fact) in facts {
        if let Some(fact) = fact {
            let _ = writeln!(out, "{name:<14} {fact}");
        }
    }
    if !locked.lock_file.nodes[ROOT].inputs.is_empty() {
        out.push_str("Inputs:\n");
        input_tree(&locked.lock_file, ROOT, "", &mut vec![ROOT], &mut out);
    }
    out
}

fn input_tree(
    file: &LockFile,
    node: NodeId,
    prefix: &str,
    seen: &mut Vec<NodeId>,
    out: &mut String,
) {
    let inputs = &file.nodes[node].inputs;
    for (index, (name, edge)) in inputs.iter().enumerate() {
        let is_last = index + 1 == inputs.len();
        let branch = if is_last {
            "└───"
        } else {
            "├───"
        };
        match edge {
            Edge::Follows(path) => {
                let path = path.join("/");
                let _ = writeln!(out, "{prefix}{branch}{name} follows input '{path}'");
            }
            Edge::Node(id) => {
                let locked = file.nodes[*id].source.as_ref().map(|source| &source.locked);
                let url = locked.map(FlakeRef::show).unwrap_or_default();
                let modified = locked
                    .and_then(|locked| {
                        locked
                            .input
                            .attributes
                            .number("lastModified")
                            .ok()
                            .flatten()
                    })
                    .map(|seconds| format!(" ({})", date::moment(seconds)))
                    .unwrap_or_default();
                let _ = writeln!(out, "{prefix}{branch}{name}: {url}{modified}");
                if !seen.contains(id) {
                    seen.push(*id);
                    let below = format!("{prefix}{}", if is_last { "    " } else { "│   " });
                    input_tree(file, *id, &below, seen, out);
                }
            }
        }
    }
}
