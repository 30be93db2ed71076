//! From files to a fleet: reading, merging the files of one fleet, profiles into instances.
//!
//! What a value means is checked in `validate`; here only whether it can be read.

use std::collections::BTreeMap;

use super::files::{self, Files};
use super::model::{Block, Model};
use super::text::{Domain, FilePath, Name};
use super::tree::{self, Entry, Node, Table, Value};
use super::{Fleet, lists, shape};
use crate::diagnostics::{Code, Diagnostic, FileId, Origin, Sources};

/// Sections whose entries are named things.
pub const SECTIONS: &[&str] = &[
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

/// Reads `coop.toml` and everything it names.
#[must_use]
pub fn load(files: &dyn Files) -> Fleet {
    let mut loader = Loader {
        files,
        sources: Sources::default(),
        declared: BTreeMap::new(),
        findings: Vec::new(),
    };
    let Some((file, mut root)) = loader.parse("coop.toml", None) else {
        return loader.nothing();
    };
    let mut owners: BTreeMap<FileId, String> = BTreeMap::new();
    let patterns: Vec<(String, Origin)> = match root.get(&["include"]).map(|node| &node.value) {
        Some(Value::Array(items)) => items
            .iter()
            .filter_map(|item| Some((item.value.as_str()?.to_owned(), item.at)))
            .collect(),
        _ => Vec::new(),
    };
    let mut read = vec!["coop.toml".to_owned()];
    for (pattern, at) in patterns {
        let names = files::matching(files, &pattern);
        if names.is_empty() {
            loader.findings.push(
                Diagnostic::new(
                    Code::NothingIncluded,
                    format!("`{pattern}` matches no file"),
                )
                .at(at, "")
                .help("mend the pattern, or take it out"),
            );
        }
        for name in names {
            if read.contains(&name) {
                continue;
            }
            read.push(name.clone());
            if let Some((file, part)) = loader.parse(&name, Some(at)) {
                loader.merge(file, &mut root, part, &mut owners);
            }
        }
    }
    if root.get(&["fleet"]).is_none()
        && !loader
            .findings
            .iter()
            .any(|finding| finding.message.starts_with("fleet") || finding.code == Code::Syntax)
    {
        let at = Origin::new(file, &(0..0));
        loader.findings.push(
            Diagnostic::new(Code::MissingKey, "the table [fleet] is missing")
                .at(at, "")
                .help("add\n[fleet]\nname = \"…\"\ncontact = \"support@webarch.coop\"\nnixos = \"26.05\""),
        );
    }
    loader.apply_profiles(&mut root);
    let model = loader.decode(&root);
    let lists = loader.domain_lists(&model, &root);
    let blocks = loader.policy_blocks(&model, &root);
    let texts = loader.texts(&model, &root);
    let mut fleet = Fleet {
        model,
        tree: root,
        sources: loader.sources,
        findings: loader.findings,
        declared: loader.declared,
        owners,
        lists,
        blocks,
        texts,
    };
    super::validate::validate(&mut fleet);
    // What was left out may have been the use.
    if fleet
        .findings
        .iter()
        .any(|finding| finding.code.is_a_cause())
    {
        fleet
            .findings
            .retain(|finding| finding.code != Code::Unused);
    }
    crate::diagnostics::sort(&mut fleet.findings);
    fleet.findings.dedup_by(|a, b| {
        let place = |finding: &Diagnostic| finding.primary.as_ref().map(|label| label.at);
        a.code == b.code && a.message == b.message && place(a) == place(b)
    });
    fleet
}

struct Loader<'a> {
    files: &'a dyn Files,
    sources: Sources,
    findings: Vec<Diagnostic>,
    declared: BTreeMap<(&'static str, String), Origin>,
}

impl Loader<'_> {
    fn nothing(self) -> Fleet {
        let mut sources = self.sources;
        let file = sources.add("coop.toml", String::new());
        let tree = Node {
            at: Origin::new(file, &(0..0)),
            value: Value::Table(Table::new()),
        };
        Fleet {
            model: Model::default(),
            tree,
            sources,
            findings: self.findings,
            declared: BTreeMap::new(),
            owners: BTreeMap::new(),
            lists: BTreeMap::new(),
            blocks: BTreeMap::new(),
            texts: BTreeMap::new(),
        }
    }

    fn read(&mut self, path: &str, named_at: Option<Origin>) -> Option<FileId> {
        match self.files.read(path) {
            Ok(text) => Some(self.sources.add(path, text)),
            Err(error) => {
                let why = match error.kind() {
                    std::io::ErrorKind::NotFound => "it is not there".to_owned(),
                    _ => error.to_string(),
                };
                let mut finding =
                    Diagnostic::new(Code::Unreadable, format!("{path} cannot be read: {why}"));
                let help = match error.kind() {
                    std::io::ErrorKind::InvalidData => {
                        "save it as UTF-8, with an editor or with `iconv`"
                    }
                    _ if named_at.is_some() => "make the file, or mend its name",
                    _ => {
                        "run coop in the fleet's folder, name it with --dir, or start with `coop init`"
                    }
                };
                finding = finding.help(help);
                if let Some(at) = named_at {
                    finding = finding.at(at, "");
                }
                self.findings.push(finding);
                None
            }
        }
    }

    fn parse(&mut self, path: &str, named_at: Option<Origin>) -> Option<(FileId, Node)> {
        let file = self.read(path, named_at)?;
        let mut node = tree::parse(file, self.sources.text(file), &mut self.findings);
        self.note_declarations(&node);
        shape::check(&mut node, &mut self.findings);
        Some((file, node))
    }

    /// Remembers where every name is declared, before what is wrong is taken out: a thing that
    /// cannot be understood is still there.
    fn note_declarations(&mut self, node: &Node) {
        for section in SECTIONS {
            if let Some(table) = node.get(&[section]).and_then(|node| node.value.as_table()) {
                for (name, entry) in table {
                    self.declared
                        .entry((*section, name.clone()))
                        .or_insert(entry.key);
                }
            }
        }
    }

    /// Adds an included file's declarations to the fleet.
    fn merge(
        &mut self,
        file: FileId,
        root: &mut Node,
        part: Node,
        owners: &mut BTreeMap<FileId, String>,
    ) {
        let (Value::Table(root), Value::Table(part)) = (&mut root.value, part.value) else {
            return;
        };
        if let Some(tenants) = part
            .get("tenants")
            .and_then(|entry| entry.node.value.as_table())
        {
            let mut names = tenants.iter();
            if let Some((name, _)) = names.next() {
                owners.insert(file, name.clone());
            }
            if let Some((_, second)) = names.next() {
                self.findings.push(
                    Diagnostic::new(Code::TenantBoundary, "one file declares two tenants")
                        .at(second.key, "")
                        .help("give each tenant a file of its own"),
                );
            }
        }
        let owner = owners.get(&file).cloned();
        for (key, entry) in part {
            let shared = !SECTIONS.contains(&key.as_str());
            let only_fleet = matches!(
                key.as_str(),
                "hosts" | "relays" | "backups" | "buckets" | "profiles"
            );
            if shared || (owner.is_some() && only_fleet) {
                self.findings.push(
                    Diagnostic::new(
                        Code::TenantBoundary,
                        format!("`{key}` belongs to coop.toml itself"),
                    )
                    .at(entry.key, "")
                    .help("move it to coop.toml"),
                );
                continue;
            }
            let Value::Table(mut new) = entry.node.value else {
                continue;
            };
            if key == "instances"
                && let Some(owner) = &owner
            {
                for instance in new.values_mut() {
                    self.belongs(instance, owner);
                }
            }
            let empty = Entry {
                key: entry.key,
                node: Node {
                    at: entry.node.at,
                    value: Value::Table(Table::new()),
                },
            };
            let section = root.entry(key.clone()).or_insert(empty);
            let Value::Table(section) = &mut section.node.value else {
                continue;
            };
            for (name, declaration) in new {
                if let Some(first) = section.get(&name) {
                    self.findings.push(
                        Diagnostic::new(
                            Code::DeclaredTwice,
                            format!("[{key}.{name}] is declared twice"),
                        )
                        .at(declaration.key, "again here")
                        .also(first.key, "first here")
                        .help("give one of them another name"),
                    );
                } else {
                    section.insert(name, declaration);
                }
            }
        }
    }

    /// An instance in a tenant's file is that tenant's.
    fn belongs(&mut self, instance: &mut Entry, owner: &str) {
        let Value::Table(table) = &mut instance.node.value else {
            return;
        };
        if let Some(other) = table
            .get("tenant")
            .filter(|entry| entry.node.value.as_str() != Some(owner))
        {
            self.findings.push(
                Diagnostic::new(Code::TenantBoundary, format!("this file is {owner}'s"))
                    .at(other.node.at, "")
                    .help("leave `tenant` out: the file says it"),
            );
        }
        let node = Node {
            at: instance.key,
            value: Value::String(owner.to_owned()),
        };
        table.insert(
            "tenant".into(),
            Entry {
                key: instance.key,
                node,
            },
        );
    }

    /// Merges profiles into instances, one level deep; an instance's own words win.
    fn apply_profiles(&mut self, root: &mut Node) {
        let profiles = root
            .get(&["profiles"])
            .and_then(|node| node.value.as_table())
            .cloned();
        let profiles = profiles.unwrap_or_default();
        let Value::Table(root) = &mut root.value else {
            return;
        };
        let Some(Value::Table(instances)) =
            root.get_mut("instances").map(|entry| &mut entry.node.value)
        else {
            return;
        };
        instances.retain(|name, entry| {
            let Value::Table(table) = &mut entry.node.value else {
                return false;
            };
            let profile = table
                .get("profile")
                .and_then(|entry| entry.node.value.as_str())
                .and_then(|profile| profiles.get(profile))
                .and_then(|entry| entry.node.value.as_table());
            for (key, shared) in profile.into_iter().flatten() {
                match table.get_mut(key) {
                    None => {
                        table.insert(key.clone(), shared.clone());
                    }
                    Some(own) => {
                        if let (Value::Table(own), Value::Table(shared)) =
                            (&mut own.node.value, &shared.node.value)
                        {
                            for (inner, entry) in shared {
                                own.entry(inner.clone()).or_insert_with(|| entry.clone());
                            }
                        }
                    }
                }
            }
            shape::check_merged(name, entry, &mut self.findings)
        });
    }

    fn decode(&mut self, root: &Node) -> Model {
        match serde_json::from_value(root.value.to_json()) {
            Ok(model) => model,
            Err(error) => {
                // The shape check has passed, so only a gap between it and the types leads here.
                if self.findings.is_empty() {
                    self.findings.push(
                        Diagnostic::new(Code::WrongType, format!("coop.toml: {error}"))
                            .help("this is a gap in coop's own checks: please report it"),
                    );
                }
                Model::default()
            }
        }
    }

    fn domain_lists(
        &mut self,
        model: &Model,
        root: &Node,
    ) -> BTreeMap<Name, Vec<(Domain, Origin)>> {
        let mut found = BTreeMap::new();
        for (name, list) in &model.allowlists {
            let at =
                |number: usize| root.place(&["allowlists", name, "domains", &number.to_string()]);
            let mut domains: Vec<_> = list
                .domains
                .iter()
                .enumerate()
                .map(|(number, domain)| (domain.clone(), at(number)))
                .collect();
            if let Some(path) = &list.file
                && let Some(file) = self.read(path, Some(root.place(&["allowlists", name, "file"])))
            {
                domains.extend(lists::domains(
                    file,
                    self.sources.text(file),
                    &mut self.findings,
                ));
            }
            found.insert(name.clone(), domains);
        }
        found
    }

    fn policy_blocks(
        &mut self,
        model: &Model,
        root: &Node,
    ) -> BTreeMap<Name, Vec<(Block, Origin)>> {
        let mut found = BTreeMap::new();
        for (name, policy) in &model.policies {
            let at = |number: usize| {
                root.place(&["policies", name, "blocks", &number.to_string(), "domain"])
            };
            let mut blocks: Vec<_> = policy
                .blocks
                .iter()
                .enumerate()
                .map(|(number, block)| (block.clone(), at(number)))
                .collect();
            if let Some(path) = &policy.file
                && let Some(file) = self.read(path, Some(root.place(&["policies", name, "file"])))
            {
                blocks.extend(lists::blocks(
                    file,
                    self.sources.text(file),
                    &mut self.findings,
                ));
            }
            found.insert(name.clone(), blocks);
        }
        found
    }

    fn texts(&mut self, model: &Model, root: &Node) -> BTreeMap<FilePath, String> {
        let mut found = BTreeMap::new();
        for (name, instance) in &model.instances {
            for (key, path) in [
                ("rules", &instance.site.rules),
                ("privacy", &instance.site.privacy),
            ] {
                let Some(path) = path else { continue };
                let at = root.place(&["instances", name, "site", key]);
                if !found.contains_key(path)
                    && let Some(file) = self.read(path, Some(at))
                {
                    found.insert(path.clone(), self.sources.text(file).to_owned());
                }
            }
        }
        found
    }
}
