//! What a fleet says under `nixos`, held against a catalogue.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use super::examine::{Problem, What, examine};
use super::model::{Tables, Type, TypeId};
use super::nearest::nearest;
use super::option_path::OptionPath;
use super::shelf::{Catalogue, Shelf};
use super::words::{remedy, shown, wanted};
use crate::diagnostics::{self, Code, Diagnostic, Origin};
use crate::fleet::{Files, Fleet, Node, Part, Value};
use crate::generate;
use nix_flake::lock::LockFile;

/// The longest text that is shown of what is nobody's own.
const LONGEST: usize = 200;

/// What in a file of the administrator's may bring options that no catalogue has.
const MAY_DECLARE: &[&str] = &["options", "import ", "./", "inputs", "fetch", "getFlake"];

/// The findings about all options of a fleet.
#[must_use]
pub fn findings(fleet: &Fleet, files: &dyn Files, shelf: &Shelf) -> Vec<Diagnostic> {
    let tables: Vec<Owned<'_>> = written(fleet);
    if tables.is_empty() {
        return Vec::new();
    }
    let hash = pinned(fleet, files);
    let (catalogue, is_exact) = shelf.find(hash.as_deref());
    let mut findings = Vec::new();
    for owned in &tables {
        let judge = Judge {
            fleet,
            files,
            catalogue: &catalogue,
            is_exact,
            owned,
            own: OnceCell::new(),
        };
        for problem in examine(catalogue.tables(), owned.node, owned.key) {
            findings.push(judge.finding(&problem));
        }
    }
    diagnostics::sort(&mut findings);
    // A profile's line is a line of each instance that has it.
    let mut seen = BTreeSet::new();
    findings.retain(|finding| {
        let at = finding.primary.as_ref().map(|label| label.at);
        seen.insert((at, finding.code, finding.message.clone()))
    });
    findings
}

/// Gives what evaluation found at a place the remedy that the catalogue has for it.
pub fn enrich(evaluated: &mut [Diagnostic], options: &[Diagnostic]) {
    for finding in evaluated {
        if !matches!(finding.code, Code::UnknownOption | Code::OptionType) {
            continue;
        }
        let place = |finding: &Diagnostic| finding.primary.as_ref().map(|label| label.at);
        // The catalogue points at the first name that is wrong, evaluation at the value that was set there.
        let same = options.iter().find(|option| {
            let is_there = place(option).is_some() && place(option) == place(finding);
            is_there || option.message == finding.message
        });
        if let Some(help) = same.and_then(|option| option.help.as_ref()) {
            finding.help = Some(help.clone());
        }
    }
}

/// A table of options.
struct Owned<'f> {
    key: Origin,
    node: &'f Node,
    /// The host that it is for, where it is for just one.
    host: Option<String>,
}

fn written(fleet: &Fleet) -> Vec<Owned<'_>> {
    let mut tables = Vec::new();
    for section in ["hosts", "profiles", "instances"] {
        let entries = fleet.tree.get(&[section]);
        let entries = entries.and_then(|node| node.value.as_table());
        for (name, entry) in entries.into_iter().flatten() {
            let Some(pair) = entry
                .node
                .value
                .as_table()
                .and_then(|table| table.get("nixos"))
            else {
                continue;
            };
            if pair.node.value.as_table().is_some_and(BTreeMap::is_empty) {
                continue;
            }
            let host = match section {
                "hosts" => Some(name.clone()),
                _ => entry
                    .node
                    .get(&["host"])
                    .and_then(|node| node.value.as_str())
                    .map(str::to_owned),
            };
            tables.push(Owned {
                key: pair.key,
                node: &pair.node,
                host,
            });
        }
    }
    tables
}

/// The hash of the nixpkgs that the fleet pins, or would.
fn pinned(fleet: &Fleet, files: &dyn Files) -> Option<String> {
    let text = files
        .read("flake.lock")
        .ok()
        .or_else(|| generate::first_lock(fleet))?;
    let lock = LockFile::parse(&text, "flake.lock").ok()?;
    let node = lock.find(&["nixpkgs".to_owned()]).ok()??;
    let locked = &lock.nodes.get(node)?.source.as_ref()?.locked;
    let hash = locked.input.nar_hash().ok().flatten()?;
    Some(hash.to_string())
}

struct Judge<'a> {
    fleet: &'a Fleet,
    files: &'a dyn Files,
    catalogue: &'a Catalogue,
    is_exact: bool,
    owned: &'a Owned<'a>,
    /// The administrator's file that may declare options, once it was looked for.
    own: OnceCell<Option<String>>,
}

impl Judge<'_> {
    fn finding(&self, problem: &Problem<'_>) -> Diagnostic {
        let tables = self.catalogue.tables();
        let path = problem.path.to_string();
        let mut doubt = (!self.is_exact).then(|| self.other_release());
        if problem.what == What::Unknown && doubt.is_none() {
            doubt = self.may_be_own();
        }
        let code = |certain: Code| {
            if doubt.is_some() && certain != Code::OptionOfOld {
                Code::OptionDoubtful
            } else {
                certain
            }
        };
        let mut finding = match &problem.what {
            What::Unknown => {
                let near = problem.among.map_or_else(Vec::new, |among| {
                    nearest(tables, &problem.path, among, problem.node)
                });
                Diagnostic::new(
                    code(Code::NoSuchOption),
                    format!("NixOS has no option {path}"),
                )
                .at(problem.key, "")
                .help(in_quotes(&problem.path).unwrap_or_else(|| meant(&near)))
            }
            What::NotATable => Diagnostic::new(
                code(Code::OptionValue),
                format!("{path} is a group of options, and takes no value itself"),
            )
            .at(problem.node.at, "")
            .help(format!("set one of its options: {path}.… = …")),
            What::Value(of_type) => self.wrong_value(problem, *of_type, code(Code::OptionValue)),
            What::ReadOnly => Diagnostic::new(
                code(Code::OptionReadOnly),
                format!("{path} is read-only: NixOS works it out"),
            )
            .at(problem.key, "")
            .help("take it out"),
            What::Renamed(to) => Diagnostic::new(
                code(Code::OptionOfOld),
                format!("{path} has been renamed to {to}"),
            )
            .at(problem.key, "")
            .help(format!("write {to} instead")),
            What::Removed(words) => {
                let words = shortened(tables.word(*words));
                let finding = Diagnostic::new(
                    code(Code::OptionRemoved),
                    format!("{path} has been removed from NixOS"),
                )
                .at(problem.key, "")
                .help("take it out");
                if words.is_empty() {
                    finding
                } else {
                    finding.note(words)
                }
            }
            What::Changed(to) => {
                let to = to.map(|to| tables.word(to));
                let finding = Diagnostic::new(
                    code(Code::OptionOfOld),
                    match to {
                        Some(to) => format!("{path} has been changed to {to}, of another type"),
                        None => format!("{path} has given way to an option of another type"),
                    },
                )
                .at(problem.key, "");
                finding.help(match to {
                    Some(to) => format!("write {to} instead"),
                    None => "https://search.nixos.org/options has the one to use now".to_owned(),
                })
            }
        };
        if let Some(doubt) = doubt {
            finding = finding.note(doubt);
        }
        finding
    }

    fn wrong_value(&self, problem: &Problem<'_>, of_type: TypeId, code: Code) -> Diagnostic {
        let tables = self.catalogue.tables();
        let given = match &problem.node.value {
            Value::Array(items) if items.is_empty() => "an empty array".to_owned(),
            other => shown(other).map_or_else(|| other.kind().to_owned(), |text| shortened(&text)),
        };
        let finding = Diagnostic::new(
            code,
            format!(
                "{} takes {}, not {given}",
                problem.path,
                shortened(&wanted(tables, of_type))
            ),
        )
        .at(problem.node.at, "");
        if let Some(remedy) = remedy(tables, of_type, problem.node) {
            return finding.help(format!("write {remedy}"));
        }
        let host = self.owned.host.as_deref().unwrap_or("<host>");
        if needs_nix(tables, of_type) {
            return finding.help(format!("say it in hosts/{host}/extra.nix"));
        }
        if is_plain(tables, of_type) {
            return finding.help("write it as the option takes it");
        }
        finding.help(format!(
            "write it as the option takes it; what TOML cannot say goes into hosts/{host}/extra.nix"
        ))
    }

    fn other_release(&self) -> String {
        format!(
            "so it is in the nixpkgs {} that coop knows; flake.lock pins another one",
            self.catalogue.label.release
        )
    }

    /// Why the option may be declared where no catalogue looks.
    fn may_be_own(&self) -> Option<String> {
        let only = &self.fleet.model.generate.only;
        if !only.is_empty() && !only.contains(&Part::Flake) {
            return Some("your own flake.nix may bring a module that has it".to_owned());
        }
        let file = self.own.get_or_init(|| self.own_file()).as_ref();
        file.map(|file| format!("{file} may declare it"))
    }

    fn own_file(&self) -> Option<String> {
        let host = self.owned.host.as_ref()?;
        ["extra.nix", "hardware.nix"]
            .map(|name| format!("hosts/{host}/{name}"))
            .into_iter()
            .find(|path| {
                let text = self.files.read(path).unwrap_or_default();
                MAY_DECLARE.iter().any(|word| text.contains(word))
            })
    }
}

/// What helps where several names were put into one pair of quotes.
fn in_quotes(path: &OptionPath) -> Option<String> {
    let (last, outside) = path.0.split_last()?;
    let names = OptionPath::parse(last).filter(|names| names.0.len() > 1)?;
    let whole = OptionPath([outside, &names.0].concat());
    Some(format!("write it without quotes: {whole}"))
}

fn meant(near: &[OptionPath]) -> String {
    let names: Vec<String> = near.iter().map(ToString::to_string).collect();
    match names.split_last() {
        None => "take it out; https://search.nixos.org/options lists all options".to_owned(),
        Some((only, [])) => format!("did you mean {only}?"),
        Some((last, first)) => format!("did you mean {} or {last}?", first.join(", ")),
    }
}

/// Whether nothing that TOML can say would do.
fn needs_nix(tables: &Tables, of_type: TypeId) -> bool {
    match tables.kind(of_type) {
        Type::Package | Type::Function => true,
        Type::Nullable(inner) => needs_nix(tables, *inner),
        Type::List { element, .. } | Type::Table { element } => needs_nix(tables, *element),
        Type::OneOf(choices) => choices.iter().all(|&choice| needs_nix(tables, choice)),
        _ => false,
    }
}

/// Whether TOML can say all that the type takes.
fn is_plain(tables: &Tables, of_type: TypeId) -> bool {
    match tables.kind(of_type) {
        Type::Boolean | Type::Integer { .. } | Type::Float | Type::Text(_) | Type::Choice(_) => {
            true
        }
        Type::Nullable(inner) => is_plain(tables, *inner),
        Type::List { element, .. } | Type::Table { element } => is_plain(tables, *element),
        Type::OneOf(choices) => choices.iter().all(|&choice| is_plain(tables, choice)),
        _ => false,
    }
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let start: String = text.chars().take(LONGEST).collect();
    format!("{start}…")
}
