//! `coop nix flake show`: the outputs of a flake as a tree, evaluated no further than names
//! (`CmdFlakeShow` in Nix's `flake.cc`).

use std::io::{self, Write};

use clap::Args;
use nix_eval::eval::{Detail, ErrorKind, R};
use nix_eval::{Evaluator, Settings, Value};
use nix_flake::session::{Failure, Opened, Options, Source};
use serde_json::{Map, Value as Json, json};

use super::flake_options::{FlakeOptions, parse_reference};
use crate::cli::Verdict;

/// Show what a flake provides
#[derive(Args)]
pub(super) struct Show {
    /// The flake
    #[arg(value_name = "FLAKEREF", default_value = ".")]
    flake: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Show what is in legacyPackages
    #[arg(long)]
    legacy: bool,
    /// Show what is for other systems than this one
    #[arg(long)]
    all_systems: bool,
    /// The system that counts as this one
    #[arg(long, value_name = "SYSTEM")]
    system: Option<String>,
    #[command(flatten)]
    options: FlakeOptions,
}

const BOLD: &str = "\x1b[1m";
const GREEN: &str = "\x1b[32;1m";
const MAGENTA: &str = "\x1b[35;1m";
const PLAIN: &str = "\x1b[0m";

const OTHER_SYSTEM: &str = "omitted (use '--all-systems' to show)";
const LEGACY: &str = "omitted (use '--legacy' to show)";
const UNBUILT: &str = "omitted due to use of import from derivation";

impl Show {
    pub(super) fn run(self) -> anyhow::Result<Verdict> {
        let mut settings = Settings::default();
        if let Some(system) = &self.system {
            settings.system.clone_from(system);
        }
        let options = Options {
            lock: self.options.lock_options()?,
            impure: self.options.impure,
            settings,
            warn: true,
            detail: Detail::Short,
            share: true,
        };
        let shown = parse_reference(&self.flake).and_then(|(reference, _)| {
            let opened = Opened::new(&Source::Reference(reference), &options.lock)?;
            Ok((opened.locked_url(), opened))
        });
        let (url, opened) = match shown {
            Ok(found) => found,
            Err(error) => {
                writeln!(io::stderr(), "error: {error}")?;
                return Ok(Verdict::Findings);
            }
        };
        let outcome = opened.evaluate(&options, |evaluator, flake| {
            let outputs = evaluator.select_by_text(flake, b"outputs", "outputs")?;
            let mut tree = Tree {
                show: &self,
                system: options.settings.system.clone(),
                out: Box::new(anstream::stdout()),
            };
            let head = format!("{BOLD}{url}{PLAIN}");
            tree.visit(evaluator, outputs, &[], &head, "")
        });
        match outcome {
            Ok(found) => {
                if self.json {
                    writeln!(io::stdout(), "{}", Json::Object(found))?;
                }
                Ok(Verdict::Fine)
            }
            Err(Failure::Evaluation { report, .. }) => {
                anstream::stderr().write_all(report.as_bytes())?;
                Ok(Verdict::Findings)
            }
            Err(failure) => {
                writeln!(io::stderr(), "error: {failure}")?;
                Ok(Verdict::Findings)
            }
        }
    }
}

/// What an output is, by its attribute path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Role {
    /// A set of further outputs.
    Branch,
    /// A derivation for the system that the path names.
    Derivation,
    /// A derivation, or a set with more of them.
    HydraJob,
    /// `legacyPackages` below its own name.
    Legacy,
    App,
    Template,
    /// Something that is known by its place alone: its word in JSON, and for people.
    Named(&'static str, &'static str),
}

impl Role {
    fn of(path: &[String]) -> Self {
        let first = path.first().map(String::as_str).unwrap_or_default();
        match (first, path.len()) {
            (_, 0)
            | (
                "defaultPackage"
                | "devShell"
                | "formatter"
                | "nixosConfigurations"
                | "nixosModules"
                | "defaultApp"
                | "templates"
                | "overlays"
                | "legacyPackages",
                1,
            )
            | ("checks" | "packages" | "devShells" | "apps", 1 | 2) => Self::Branch,
            ("defaultPackage" | "devShell" | "formatter", 2)
            | ("checks" | "packages" | "devShells", 3) => Self::Derivation,
            ("hydraJobs", _) => Self::HydraJob,
            ("legacyPackages", _) => Self::Legacy,
            ("defaultApp", 2) | ("apps", 3) => Self::App,
            ("defaultTemplate", 1) | ("templates", 2) => Self::Template,
            ("overlay", 1) | ("overlays", 2) => Self::Named("nixpkgs-overlay", "Nixpkgs overlay"),
            ("nixosConfigurations", 2) => Self::Named("nixos-configuration", "NixOS configuration"),
            ("nixosModule", 1) | ("nixosModules", 2) => Self::Named("nixos-module", "NixOS module"),
            _ => Self::Named("unknown", "unknown"),
        }
    }
}

/// What people read about a derivation.
fn derivation_word(path: &[String]) -> &'static str {
    match (path[0].as_str(), path.len()) {
        ("devShell", 2) | ("devShells", _) => "development environment",
        ("checks", 3) | ("hydraJobs", _) => "derivation",
        _ => "package",
    }
}

/// Whether a set at this path is left out where nothing is in it.
fn may_be_empty(path: &[String]) -> bool {
    let first = path.first().map(String::as_str).unwrap_or_default();
    matches!(
        (first, path.len()),
        (
            "apps" | "checks" | "devShells" | "legacyPackages" | "packages",
            1 | 2
        ) | (
            "formatter" | "nixosConfigurations" | "nixosModules" | "overlays",
            1
        )
    )
}

fn below(path: &[String], name: &str) -> Vec<String> {
    let mut path = path.to_vec();
    path.push(name.to_owned());
    path
}

/// The drawing as it goes on, so that what was found before an error stays.
struct Tree<'a> {
    show: &'a Show,
    system: String,
    out: Box<dyn Write>,
}

type Found = Map<String, Json>;

impl Tree<'_> {
    fn line(&mut self, text: &str) {
        if !self.show.json {
            // A reader that went away is no error of the flake.
            let _ = writeln!(self.out, "{text}");
        }
    }

    /// Says in the tree, or as a warning beside the JSON, why something is not shown.
    fn omit(&mut self, head: &str, path: &[String], why: &str) {
        if self.show.json {
            let _ = writeln!(io::stderr(), "warning: {} {why}", path.join("."));
        } else {
            let (word, rest) = why.split_at("omitted".len());
            self.line(&format!("{head} {MAGENTA}{word}{PLAIN}{rest}"));
        }
    }

    fn visit(
        &mut self,
        evaluator: &mut Evaluator,
        value: Value,
        path: &[String],
        head: &str,
        indent: &str,
    ) -> R<Found> {
        if path.first().is_none_or(|first| first != "legacyPackages") {
            return self.outputs(evaluator, value, path, head, indent);
        }
        // What is broken there, and much is, is passed over.
        let found = evaluator.attempt(|e| self.outputs(e, value, path, head, indent));
        Ok(found.unwrap_or_default())
    }

    fn outputs(
        &mut self,
        evaluator: &mut Evaluator,
        value: Value,
        path: &[String],
        head: &str,
        indent: &str,
    ) -> R<Found> {
        let is_other_system = |this: &Self| {
            !this.show.all_systems && path.get(1).is_some_and(|system| *system != this.system)
        };
        match Role::of(path) {
            Role::Branch => self.branch(evaluator, value, path, head, indent),
            Role::Legacy if !self.show.legacy => {
                self.omit(head, path, LEGACY);
                Ok(Found::new())
            }
            Role::Derivation | Role::Legacy if is_other_system(self) => {
                self.omit(head, path, OTHER_SYSTEM);
                Ok(Found::new())
            }
            role @ (Role::Derivation | Role::HydraJob | Role::Legacy) => {
                let found =
                    evaluator.attempt(|e| self.derivation(e, value, role, path, head, indent));
                match found {
                    Ok(found) => Ok(found),
                    // What would have to be built to be known is left out.
                    Err(error) if error.kind == ErrorKind::ImportFromDerivation => {
                        self.omit(head, path, UNBUILT);
                        Ok(Found::new())
                    }
                    Err(error) => evaluator.raise(error),
                }
            }
            Role::App => self.app(evaluator, value, head),
            Role::Template => {
                let text = need_text(evaluator, value, "description")?;
                self.line(&format!("{head}: template: {BOLD}{text}{PLAIN}"));
                Ok(object(json!({ "description": text, "type": "template" })))
            }
            Role::Named(word, for_people) => {
                self.line(&format!("{head}: {MAGENTA}{for_people}{PLAIN}"));
                Ok(object(json!({ "type": word })))
            }
        }
    }

    fn branch(
        &mut self,
        evaluator: &mut Evaluator,
        value: Value,
        path: &[String],
        head: &str,
        indent: &str,
    ) -> R<Found> {
        self.line(head);
        let mut children = evaluator.attributes(value)?;
        children.retain(|(name, child)| has_content(evaluator, *child, &below(path, name)));
        let mut found = Found::new();
        let count = children.len();
        for (index, (name, child)) in children.into_iter().enumerate() {
            let (branch, under) = if index + 1 == count {
                ("└───", "    ")
            } else {
                ("├───", "│   ")
            };
            let head = format!("{GREEN}{indent}{branch}{PLAIN}{BOLD}{name}{PLAIN}");
            let indent = format!("{indent}{under}");
            let inner = self.visit(evaluator, child, &below(path, &name), &head, &indent)?;
            found.insert(name, Json::Object(inner));
        }
        Ok(found)
    }

    fn derivation(
        &mut self,
        evaluator: &mut Evaluator,
        value: Value,
        role: Role,
        path: &[String],
        head: &str,
        indent: &str,
    ) -> R<Found> {
        let value = evaluator.force(value)?;
        if !evaluator.is_derivation(value)? {
            return match role {
                Role::HydraJob => self.branch(evaluator, value, path, head, indent),
                // Sets of packages further down are not looked into.
                Role::Legacy if path.len() <= 2 => {
                    self.branch(evaluator, value, path, head, indent)
                }
                Role::Legacy => Ok(Found::new()),
                _ => {
                    let path = path.join(".");
                    let _ = writeln!(io::stderr(), "warning: {path} is not a derivation");
                    Ok(Found::new())
                }
            };
        }
        let name = need_text(evaluator, value, "name")?;
        self.line(&format!("{head}: {} '{name}'", derivation_word(path)));
        if !self.show.json {
            return Ok(Found::new());
        }
        let description = description(evaluator, value)?.unwrap_or_default();
        Ok(object(
            json!({ "description": description, "name": name, "type": "derivation" }),
        ))
    }

    fn app(&mut self, evaluator: &mut Evaluator, value: Value, head: &str) -> R<Found> {
        let kind = maybe(evaluator, value, "type")?;
        let description = description(evaluator, value)?;
        let is_app = match kind {
            Some(kind) => text(evaluator, kind)? == "app",
            None => false,
        };
        if !is_app {
            return evaluator.fail("not an app definition");
        }
        let shown = description.as_deref().unwrap_or("no description");
        self.line(&format!("{head}: app: {BOLD}{shown}{PLAIN}"));
        Ok(object(match description {
            Some(description) => json!({ "description": description, "type": "app" }),
            None => json!({ "type": "app" }),
        }))
    }
}

/// Modules make sets whether or not anything is in them: those without anything are left out.
/// What fails has content.
fn has_content(evaluator: &mut Evaluator, value: Value, path: &[String]) -> bool {
    if !may_be_empty(path) {
        return true;
    }
    match evaluator.attempt(|evaluator| evaluator.attributes(value)) {
        Ok(children) => children
            .into_iter()
            .any(|(name, child)| has_content(evaluator, child, &below(path, &name))),
        Err(_) => true,
    }
}

fn object(value: Json) -> Found {
    match value {
        Json::Object(map) => map,
        _ => Found::new(),
    }
}

fn text(evaluator: &mut Evaluator, value: Value) -> R<String> {
    let text = evaluator.text_of(value, "while evaluating an output of a flake")?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn maybe(evaluator: &mut Evaluator, set: Value, name: &str) -> R<Option<Value>> {
    let set = evaluator.force(set)?;
    if !set.is_attrs() {
        return Ok(None);
    }
    let symbol = evaluator.symbols.intern(name.as_bytes());
    Ok(evaluator.heap.attr(set, symbol))
}

fn need_text(evaluator: &mut Evaluator, set: Value, name: &str) -> R<String> {
    let value = evaluator.select_by_text(set, name.as_bytes(), name)?;
    text(evaluator, value)
}

fn description(evaluator: &mut Evaluator, value: Value) -> R<Option<String>> {
    let Some(meta) = maybe(evaluator, value, "meta")? else {
        return Ok(None);
    };
    match maybe(evaluator, meta, "description")? {
        Some(value) => text(evaluator, value).map(Some),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::{Role, derivation_word};

    fn path(text: &str) -> Vec<String> {
        text.split('.').map(str::to_owned).collect()
    }

    #[test]
    fn an_output_is_known_by_its_place() {
        assert_eq!(Role::of(&[]), Role::Branch);
        assert_eq!(Role::of(&path("packages.s")), Role::Branch);
        assert_eq!(Role::of(&path("packages.s.p")), Role::Derivation);
        assert_eq!(Role::of(&path("apps.s.a")), Role::App);
        assert_eq!(Role::of(&path("templates.t")), Role::Template);
        assert_eq!(Role::of(&path("lib")), Role::Named("unknown", "unknown"));
        assert_eq!(Role::of(&path("hydraJobs.a.b.c")), Role::HydraJob);
    }

    #[test]
    fn a_derivation_is_named_for_its_use() {
        assert_eq!(derivation_word(&path("checks.s.c")), "derivation");
        assert_eq!(
            derivation_word(&path("devShells.s.c")),
            "development environment"
        );
        assert_eq!(derivation_word(&path("formatter.s")), "package");
    }
}
