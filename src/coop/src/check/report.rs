//! What came of an evaluation, as findings: the line of coop.toml first, then what NixOS says.

use super::blame::{self, Blame};
use super::complaint::{Complaint, Kind};
use super::evaluation::{Bench, Failed, Place, Record, Target};
use super::line::{self, Line};
use super::words::{first_line, in_words, shortened, snake_case};
use crate::catalogue::OptionPath;
use crate::diagnostics::{Code, Diagnostic, Origin};
use crate::fleet::Name;

/// The findings of an evaluation.
pub(super) fn findings(bench: &Bench<'_>, records: &[Record]) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    let mut unsound: Vec<&str> = Vec::new();
    for record in records {
        match &record.target {
            Target::Host(name) => {
                let Some(name) = bench
                    .fleet
                    .model
                    .hosts
                    .keys()
                    .find(|known| ***known == **name)
                else {
                    continue;
                };
                let lines = line::of_host(bench.fleet, bench.lock, name);
                if let Err(failed) = &record.outcome {
                    unsound.push(name);
                    let blames = blame::of_host(bench, &record.target, &lines, failed.clone());
                    for blame in &blames {
                        findings.extend(Finding { bench, host: name }.all(blame));
                    }
                }
                let lines: Vec<&Line> = lines.iter().collect();
                for warning in &record.warnings {
                    findings.push(self::warning(bench, name, &lines, warning));
                }
            }
            Target::Test { name, .. } => {
                if let Err(failed) = &record.outcome {
                    findings.extend(test(bench, &unsound, name, failed));
                }
            }
        }
    }
    findings
}

/// A test has its hosts' mistakes; they are said once.
fn test(bench: &Bench<'_>, unsound: &[&str], name: &str, failed: &Failed) -> Option<Diagnostic> {
    let instance = bench
        .fleet
        .model
        .instances
        .iter()
        .find(|(known, _)| ***known == *name);
    let host = instance.and_then(|(_, instance)| instance.host.as_deref());
    if host.is_some_and(|host| unsound.contains(&host)) {
        return None;
    }
    let finding = Diagnostic::new(
        Code::EvaluationFailed,
        format!(
            "the VM test {name} does not evaluate: {}",
            first_line(&failed.message)
        ),
    )
    .note(shortened(&clean(bench, &failed.message)))
    .help("if the hosts evaluate, this is a defect of the test: please report it");
    let at = bench.fleet.declared.get(&("instances", name.to_owned()));
    Some(match at {
        Some(at) => finding.at(*at, ""),
        None => finding,
    })
}

fn warning(bench: &Bench<'_>, host: &Name, lines: &[&Line], text: &str) -> Diagnostic {
    let mut about: Vec<&Line> = Vec::new();
    for path in OptionPath::all_in(text) {
        about.extend(lines.iter().filter(|line| line.is_touched_by(&path)));
    }
    let finding = Diagnostic::new(
        Code::NixosWarning,
        format!("{host}: {}", shortened(&clean(bench, text))),
    )
    .help("NixOS says so; the host evaluates");
    match about.first() {
        Some(line) => finding.at(line.key, ""),
        None => match declared(bench, host) {
            Some(at) => finding.at(at, ""),
            None => finding,
        },
    }
}

fn declared(bench: &Bench<'_>, host: &Name) -> Option<Origin> {
    bench
        .fleet
        .declared
        .get(&("hosts", host.to_string()))
        .copied()
}

/// What findings about a host are made of.
struct Finding<'a> {
    bench: &'a Bench<'a>,
    host: &'a Name,
}

impl Finding<'_> {
    fn all(&self, blame: &Blame) -> Vec<Diagnostic> {
        if blame.complaint.kind != Kind::Assertion {
            return vec![self.one(blame)];
        }
        let lines: Vec<&Line> = blame.lines.iter().collect();
        // Assertions about one line are one finding: often a list of what it lacks.
        let mut groups: Vec<(Vec<&Line>, Vec<&String>)> = Vec::new();
        for text in &blame.complaint.texts {
            let mut about: Vec<&Line> = Vec::new();
            for path in OptionPath::all_in(text) {
                for line in blame::near(&path, &lines) {
                    if !about.contains(&line) {
                        about.push(line);
                    }
                }
            }
            if about.is_empty() {
                about.clone_from(&lines);
            }
            match groups.iter_mut().find(|(known, _)| *known == about) {
                Some((_, texts)) => texts.push(text),
                None => groups.push((about, vec![text])),
            }
        }
        groups
            .into_iter()
            .map(|(about, texts)| self.assertion(&about, &texts))
            .collect()
    }

    fn assertion(&self, lines: &[&Line], texts: &[&String]) -> Diagnostic {
        let text = |text: &String| shortened(&clean(self.bench, text));
        let mut finding = Diagnostic::new(
            Code::Assertion,
            format!("{}: {}", self.host, text(texts[0])),
        );
        for more in texts.iter().skip(1).take(4) {
            finding = finding.note(text(more));
        }
        if texts.len() > 5 {
            finding = finding.note(format!("and {} more", texts.len() - 5));
        }
        let finding = self.at(finding, lines, false, texts[0]);
        if finding.help.is_some() {
            return finding;
        }
        finding.help("set what it asks for beside this line, or take the line out")
    }

    fn one(&self, blame: &Blame) -> Diagnostic {
        let Blame {
            complaint, lines, ..
        } = blame;
        let lines: Vec<&Line> = lines.iter().collect();
        let option = complaint
            .option
            .as_ref()
            .map(|option| Self::option(option, &lines));
        let shown = option.clone().unwrap_or_default();
        let title = first_line(&clean(self.bench, &complaint.texts[0]));
        let mine = |line: &Line| {
            complaint
                .option
                .as_ref()
                .is_some_and(|option| line.is_touched_by(option))
        };
        let (code, message, at_value) = match complaint.kind {
            Kind::Unknown => (
                Code::UnknownOption,
                format!("NixOS has no option {shown}"),
                false,
            ),
            Kind::Type => {
                let wanted = complaint.wanted.as_deref().unwrap_or("another type");
                let given = complaint.definitions.first();
                let given = given.map_or_else(String::new, |given| {
                    format!(", not {}", shortened(&given.value))
                });
                (
                    Code::OptionType,
                    format!("{shown} takes {}{given}", in_words(wanted)),
                    true,
                )
            }
            Kind::Conflict => (
                Code::OptionConflict,
                format!("{shown} is set to something else already"),
                false,
            ),
            Kind::Missing => (
                Code::OptionMissing,
                format!("{}: {shown} has to be set", self.host),
                false,
            ),
            Kind::Assertion | Kind::Other => (
                Code::EvaluationFailed,
                format!("{} does not evaluate: {title}", self.host),
                false,
            ),
        };
        let mut finding = Diagnostic::new(code, message);
        if blame::is_about_an_option(complaint.kind) {
            for definition in self.others(complaint) {
                finding = finding.note(definition);
            }
        } else {
            let text = clean(self.bench, &complaint.texts[0]);
            if first_line(&text) != text.trim() {
                finding = finding.note(shortened(&text));
            }
        }
        if lines.is_empty() || complaint.kind == Kind::Other {
            for note in self.trace(&blame.report) {
                finding = finding.note(note);
            }
        }
        let is_direct = lines.iter().any(|line| mine(line));
        if blame::is_about_an_option(complaint.kind)
            && complaint.kind != Kind::Missing
            && !is_direct
            && let Some(line) = lines.first()
        {
            finding = finding.note(format!("{} sets {shown}", line.option));
        }
        let mut finding = self.at(finding, &lines, at_value && is_direct, &complaint.texts[0]);
        if finding.help.is_none() {
            finding.help = Some(self.help(complaint, &lines, &shown));
        }
        finding
    }

    fn help(&self, complaint: &Complaint, lines: &[&Line], shown: &str) -> String {
        let table = lines.first().map_or_else(
            || format!("[hosts.{}.nixos]", self.host),
            |line| format!("[{}.{}.nixos]", line.section, line.name),
        );
        match complaint.kind {
            Kind::Unknown => match complaint.suggestions.as_slice() {
                [] => "take it out; https://search.nixos.org/options lists all options".to_owned(),
                suggestions => {
                    let names: Vec<String> = suggestions
                        .iter()
                        .map(|option| Self::option(option, lines))
                        .collect();
                    format!("did you mean {}?", names.join(", "))
                }
            },
            Kind::Type => {
                format!(
                    "what TOML cannot say goes into hosts/{}/extra.nix",
                    self.host
                )
            }
            Kind::Conflict if lines.iter().any(|line| line.section == "instances") => {
                "take it out: the container needs it the other way".to_owned()
            }
            Kind::Conflict => format!(
                "take it out; if it must be, hosts/{}/extra.nix can say it with lib.mkForce",
                self.host
            ),
            Kind::Missing => format!("add to {table}: {shown} = …"),
            Kind::Assertion | Kind::Other => "without this line it evaluates: take it out, or see \
                                              what NixOS says about it"
                .to_owned(),
        }
    }

    /// Puts a finding at its lines, or where else coop.toml or the tree can be mended.
    fn at(&self, finding: Diagnostic, lines: &[&Line], at_value: bool, text: &str) -> Diagnostic {
        if let Some((first, others)) = lines.split_first() {
            let mut finding = finding.at(if at_value { first.value } else { first.key }, "");
            for other in others.iter().take(3) {
                finding = finding.also(other.key, "with this");
            }
            return finding;
        }
        if let Some(at) = self.own_setting(text) {
            return finding
                .at(at, "")
                .help("coop's modules refuse this; see the message");
        }
        let finding = match declared(self.bench, self.host) {
            Some(at) => finding.at(at, ""),
            None => finding,
        };
        finding.help(format!(
            "no line of coop.toml is to blame: look at hosts/{0}/extra.nix and hosts/{0}/hardware.nix",
            self.host
        ))
    }

    /// What a whole trace says to people: which options were looked at, and where in the
    /// administrator's own files.
    fn trace(&self, report: &str) -> Vec<String> {
        let mut notes = Vec::new();
        let mut options: Vec<String> = Vec::new();
        for line in report.lines() {
            if let Some(rest) = line
                .split_once("while evaluating the option `")
                .map(|(_, rest)| rest)
                && let Some((option, _)) = rest.split_once('\'')
                && !options.iter().any(|known| known == option)
            {
                options.push(option.to_owned());
            }
        }
        if !options.is_empty() {
            options.truncate(3);
            notes.push(format!(
                "on the way to the option {}",
                options.join(", for ")
            ));
        }
        let own = report.lines().find_map(|line| {
            let place = line.trim().strip_prefix("at ")?;
            let (file, position) = place.split_once(".nix:")?;
            match self.bench.place(&format!("{file}.nix")) {
                Place::Own(file) if self.is_the_administrators(&file) => {
                    Some(format!("at {file}:{position}"))
                }
                _ => None,
            }
        });
        notes.extend(own);
        notes
    }

    fn is_the_administrators(&self, file: &str) -> bool {
        let generated =
            ["default.nix", "options.nix"].map(|name| format!("hosts/{}/{name}", self.host));
        file.starts_with("hosts/") && !generated.iter().any(|name| name == file)
    }

    /// The key that became an option of coop's modules which a text mentions.
    fn own_setting(&self, text: &str) -> Option<Origin> {
        let tree = &self.bench.fleet.tree;
        OptionPath::all_in(text).into_iter().find_map(|path| {
            if let Some(path) = path.below(&["coop", "mastodon"]) {
                let (name, rest) = path.0.split_first()?;
                let keys = rest.iter().take(2).map(|name| snake_case(name));
                let keys: Vec<String> = ["instances".to_owned(), name.clone()]
                    .into_iter()
                    .chain(keys)
                    .collect();
                let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
                return tree.get(&keys[..2]).map(|_| tree.key(&keys));
            }
            let path = path.below(&["coop", "host"])?;
            let key = path.0.first()?;
            Some(tree.key(&["hosts", self.host, key]))
        })
    }

    /// An option as the line's own table calls it.
    fn option(option: &OptionPath, lines: &[&Line]) -> String {
        let container = lines
            .iter()
            .find(|line| line.section == "instances")
            .and_then(|line| line.seen.as_ref())
            .and_then(|seen| seen.0.get(1));
        let inside = container.and_then(|container| option.below(&["containers", container]));
        inside.as_ref().unwrap_or(option).to_string()
    }

    /// Who else defined the option.
    fn others(&self, complaint: &Complaint) -> Vec<String> {
        let mut notes = Vec::new();
        for definition in complaint.definitions.iter().take(4) {
            let file = match self.bench.place(&definition.place) {
                Place::Own(file) if file == format!("hosts/{}/options.nix", self.host) => continue,
                Place::Own(file) if file.contains("via option coop.mastodon.") => continue,
                Place::Own(file) => file,
                Place::Nixpkgs(file) => format!("NixOS itself ({file})"),
                Place::Other(_) => continue,
            };
            notes.push(format!(
                "{file} sets it to {}",
                shortened(&definition.value)
            ));
        }
        notes
    }
}

/// A text of Nix's without store paths.
fn clean(bench: &Bench<'_>, text: &str) -> String {
    let mut cleaned = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("/nix/store/") {
        cleaned.push_str(&rest[..start]);
        let path = &rest[start..];
        let end = path
            .find(|mark: char| mark.is_whitespace() || "'\"`,:;)".contains(mark))
            .unwrap_or(path.len());
        match bench.place(&path[..end]) {
            Place::Own(file) => cleaned.push_str(&file),
            Place::Nixpkgs(file) => {
                cleaned.push_str("nixpkgs/");
                cleaned.push_str(&file);
            }
            Place::Other(other) => {
                let name = other.rsplit('/').next().unwrap_or_default();
                cleaned.push_str(name.get(33..).unwrap_or(name));
            }
        }
        rest = &path[end..];
    }
    cleaned.push_str(rest);
    cleaned
}
