//! Values written in TOML against the types of options.
//!
//! **Invariant.** No false alarm: where the module system might take a value, nothing is said.

use nix_eval::regex::Regex;

use super::model::{Entry, Others, SetId, Tables, Text, Type, TypeId, Word, WordId};
use super::option_path::OptionPath;
use crate::diagnostics::{Origin, Sources};
use crate::fleet::{Entry as Pair, Node, Table, Value};

/// Aliases of aliases are followed this far.
const MOST_ALIASES: usize = 8;

/// Names that mean something to the module system wherever a module stands (`unifyModuleSyntax` in
/// nixpkgs' `lib/modules.nix`).
const OF_MODULES: &[&str] = &[
    "_class",
    "_file",
    "_module",
    "disabledModules",
    "freeformType",
    "imports",
    "key",
    "meta",
    "require",
];
/// Names that make a set something else to Nix than a set of values.
const OF_NIX: &[&str] = &["_type", "__functor", "__toString", "outPath"];

/// What is wrong with a value, or is to be said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// There is no such option.
    Unknown,
    /// Options stand under this name, and no value is one.
    NotATable,
    /// The type takes no such value.
    Value(TypeId),
    /// It may not be set.
    ReadOnly,
    /// It has another name now.
    Renamed(OptionPath),
    /// It is gone; what nixpkgs says instead.
    Removed(WordId),
    /// It gave way to another of a different type, where that is known.
    Changed(Option<WordId>),
}

impl What {
    /// Whether NixOS refuses it, rather than warn.
    pub(super) fn is_refused(&self) -> bool {
        !matches!(self, Self::Renamed(_) | Self::Changed(_))
    }
}

/// Something that is wrong with a value.
#[derive(Clone, Debug)]
pub(super) struct Problem<'n> {
    pub(super) what: What,
    pub(super) path: OptionPath,
    /// The place of the last key.
    pub(super) key: Origin,
    pub(super) node: &'n Node,
    /// The names beside which an unknown one stands.
    pub(super) among: Option<SetId>,
}

/// Everything to be said about a table of options of a host, or of a container.
pub(super) fn examine<'n>(tables: &Tables, options: &'n Node, key: Origin) -> Vec<Problem<'n>> {
    let mut examiner = Examiner {
        tables,
        problems: Vec::new(),
    };
    examiner.system(options, key, &mut Vec::new());
    examiner.problems
}

/// Whether a type takes a value.
pub(super) fn takes(tables: &Tables, of_type: &Type, node: &Node) -> bool {
    let mut examiner = Examiner {
        tables,
        problems: Vec::new(),
    };
    let at = Spot {
        of_type: 0,
        key: node.at,
        base: tables.root,
    };
    examiner.value(of_type, at, node, &mut Vec::new());
    examiner
        .problems
        .iter()
        .all(|problem| !problem.what.is_refused())
}

/// A value as TOML and as Nix.
pub(super) struct Sample {
    pub(super) node: Node,
    pub(super) nix: &'static str,
}

/// One value of every kind and border, to hold a type's description against the type itself. What is
/// inside lists and sets a type's own check does not look at.
pub(super) fn samples() -> Vec<Sample> {
    let at = Origin::new(Sources::default().add("", String::new()), &(0..0));
    let text = |text: &str| Value::String(text.to_owned());
    [
        (Value::Boolean(true), "true"),
        (Value::Boolean(false), "false"),
        (Value::Integer(0), "0"),
        (Value::Integer(1), "1"),
        (Value::Integer(-1), "(-1)"),
        (Value::Integer(70_000), "70000"),
        (Value::Float(1.5), "1.5"),
        (text(""), "\"\""),
        (text("x"), "\"x\""),
        (text("x\ny"), "\"x\\ny\""),
        (text("0"), "\"0\""),
        (text("/x"), "\"/x\""),
        (Value::Array(Vec::new()), "[ ]"),
        (Value::Table(Table::new()), "{ }"),
    ]
    .into_iter()
    .map(|(value, nix)| Sample {
        node: Node { at, value },
        nix,
    })
    .collect()
}

/// Where a value stands, for what is said about it.
#[derive(Clone, Copy)]
struct Spot {
    of_type: TypeId,
    key: Origin,
    /// The set from which aliases are followed.
    base: SetId,
}

/// What is known of names that a set does not have.
#[derive(Clone, Copy)]
enum Beyond {
    Refused,
    Taken,
    Each(TypeId),
}

/// What an alias leads to.
#[derive(Clone, Copy)]
enum Target {
    Set(SetId),
    Type(TypeId),
}

struct Examiner<'c, 'n> {
    tables: &'c Tables,
    problems: Vec<Problem<'n>>,
}

impl<'c, 'n> Examiner<'c, 'n> {
    /// A whole NixOS.
    fn system(&mut self, node: &'n Node, key: Origin, path: &mut Vec<String>) {
        if let Value::Table(table) = &node.value
            && !is_special(table)
            && !is_whole_module(table)
        {
            let root = self.tables.root;
            self.set(root, root, Beyond::Refused, true, table, path);
        } else if !matches!(node.value, Value::Table(_)) && path.is_empty() {
            self.say(What::NotATable, path, key, node);
        }
    }

    /// The entries of a table, each under its name in a set of options.
    fn set(
        &mut self,
        set: SetId,
        base: SetId,
        beyond: Beyond,
        is_module: bool,
        table: &'n Table,
        path: &mut Vec<String>,
    ) {
        for (name, pair) in table {
            path.push(name.clone());
            match self.tables.find(set, name) {
                Some(entry) => self.entry(entry, base, beyond, pair, path),
                None if is_module && OF_MODULES.contains(&name.as_str()) => {}
                None => match beyond {
                    Beyond::Refused => {
                        self.say(What::Unknown, path, pair.key, &pair.node);
                        if let Some(problem) = self.problems.last_mut() {
                            problem.among = Some(set);
                        }
                    }
                    Beyond::Taken => {}
                    Beyond::Each(of_type) => self.typed(of_type, pair, base, path),
                },
            }
            path.pop();
        }
    }

    fn entry(
        &mut self,
        entry: &'c Entry,
        base: SetId,
        beyond: Beyond,
        pair: &'n Pair,
        path: &mut Vec<String>,
    ) {
        match entry {
            Entry::Group(set) => self.group(*set, base, beyond, pair, path),
            Entry::Option(option) => {
                if option.is_read_only {
                    self.say(What::ReadOnly, path, pair.key, &pair.node);
                } else {
                    self.typed(option.of_type, pair, base, path);
                }
            }
            Entry::Alias { to, is_former } => {
                if *is_former {
                    let to = to.iter().map(|&word| self.tables.word(word).to_owned());
                    let renamed = What::Renamed(OptionPath(to.collect()));
                    self.say(renamed, path, pair.key, &pair.node);
                }
                match self.follow(base, to, 0) {
                    Some(Target::Set(set)) => self.group(set, base, beyond, pair, path),
                    Some(Target::Type(of_type)) => self.typed(of_type, pair, base, path),
                    None => {}
                }
            }
            Entry::Removed(words) => {
                // In a submodule only a value that is read is refused.
                if base == self.tables.root {
                    self.say(What::Removed(*words), path, pair.key, &pair.node);
                }
            }
            Entry::Changed(to) => self.say(What::Changed(*to), path, pair.key, &pair.node),
        }
    }

    fn group(
        &mut self,
        set: SetId,
        base: SetId,
        beyond: Beyond,
        pair: &'n Pair,
        path: &mut Vec<String>,
    ) {
        // What is taken beside declared names is taken below them as well, whatever it is.
        let beyond = match beyond {
            Beyond::Refused => Beyond::Refused,
            Beyond::Taken | Beyond::Each(_) => Beyond::Taken,
        };
        match &pair.node.value {
            Value::Table(table) if is_special(table) => {}
            Value::Table(table) => self.set(set, base, beyond, false, table, path),
            _ if matches!(beyond, Beyond::Taken) => {}
            _ => self.say(What::NotATable, path, pair.key, &pair.node),
        }
    }

    fn typed(&mut self, of_type: TypeId, pair: &'n Pair, base: SetId, path: &mut Vec<String>) {
        let at = Spot {
            of_type,
            key: pair.key,
            base,
        };
        let kind = self.tables.kind(of_type);
        self.value(kind, at, &pair.node, path);
    }

    fn value(&mut self, of_type: &Type, at: Spot, node: &'n Node, path: &mut Vec<String>) {
        if let Value::Table(table) = &node.value
            && is_special(table)
        {
            return;
        }
        let is_taken = match (of_type, &node.value) {
            // A date is no Nix, which is said elsewhere.
            (Type::Anything, _) | (_, Value::Date(_)) => true,
            (Type::Nullable(inner), _) => {
                let at = Spot {
                    of_type: *inner,
                    ..at
                };
                self.value(self.tables.kind(*inner), at, node, path);
                true
            }
            (Type::OneOf(choices), _) => {
                self.one_of(choices, at, node, path);
                true
            }
            (Type::Boolean, given) => matches!(given, Value::Boolean(_)),
            (Type::Integer { least, most }, Value::Integer(given)) => {
                least.is_none_or(|least| *given >= least) && most.is_none_or(|most| *given <= most)
            }
            (Type::Float, given) => matches!(given, Value::Float(_)),
            (Type::Text(kind), Value::String(given)) => self.text(kind, given),
            (Type::Path { is_absolute }, Value::String(given)) => {
                is_absolute.is_none_or(|wanted| wanted == given.starts_with('/'))
            }
            // The path of one in the store is one.
            (Type::Package, Value::String(given)) => given.starts_with("/nix/store/"),
            (Type::Choice(words), given) => words.iter().any(|word| match (word, given) {
                (Word::Text(word), Value::String(given)) => self.tables.word(*word) == given,
                (Word::Integer(word), Value::Integer(given)) => word == given,
                (Word::Boolean(word), Value::Boolean(given)) => word == given,
                _ => false,
            }),
            (Type::List { element, is_filled }, Value::Array(items)) => {
                let at = Spot {
                    of_type: *element,
                    ..at
                };
                let kind = self.tables.kind(*element);
                for item in items {
                    self.value(kind, Spot { key: item.at, ..at }, item, path);
                }
                !is_filled || !items.is_empty()
            }
            (Type::Table { element }, Value::Table(table)) => {
                for (name, pair) in table {
                    path.push(name.clone());
                    self.typed(*element, pair, at.base, path);
                    path.pop();
                }
                true
            }
            (Type::Attributes, given) => matches!(given, Value::Table(_)),
            (
                Type::Submodule {
                    set,
                    others,
                    is_module,
                },
                Value::Table(table),
            ) => {
                if !is_module || !is_whole_module(table) {
                    let beyond = match others {
                        Others::Refused => Beyond::Refused,
                        Others::Taken => Beyond::Taken,
                        Others::Of(freeform) => match self.tables.kind(*freeform) {
                            Type::Table { element } => Beyond::Each(*element),
                            _ => Beyond::Taken,
                        },
                    };
                    self.set(*set, *set, beyond, *is_module, table, path);
                }
                true
            }
            // A file name would be the file of a module.
            (Type::Submodule { .. }, Value::String(given)) => given.starts_with('/'),
            (Type::Tagged { set }, Value::Table(table)) if table.len() == 1 => {
                self.set(*set, *set, Beyond::Refused, false, table, path);
                true
            }
            (Type::System, Value::Table(_)) => {
                self.contained(node, at.key, path);
                true
            }
            (Type::System, _) => true,
            _ => false,
        };
        if !is_taken {
            self.say(What::Value(at.of_type), path, at.key, node);
        }
    }

    /// A NixOS inside the host: the same options, but not those of coop's modules.
    fn contained(&mut self, node: &'n Node, key: Origin, path: &[String]) {
        let before = self.problems.len();
        let mut inside = Vec::new();
        self.system(node, key, &mut inside);
        for problem in &mut self.problems[before..] {
            let inside = std::mem::take(&mut problem.path.0);
            problem.path.0 = path.iter().cloned().chain(inside).collect();
        }
    }

    fn text(&self, kind: &Text, given: &str) -> bool {
        match kind {
            Text::Any => true,
            Text::NotEmpty => given.chars().any(|mark| !" \t\n".contains(mark)),
            Text::OneLine => {
                let line = given.strip_suffix('\n').unwrap_or(given);
                !line.contains(['\n', '\r'])
            }
            Text::Field => !given.contains([':', '\n']),
            Text::Matching(pattern) => Regex::new(self.tables.word(*pattern).as_bytes())
                .map_or(true, |pattern| {
                    pattern.full_match(given.as_bytes()).is_some()
                }),
        }
    }

    /// One of several types. Where the value is wrong for all of them, but of the kind of just one,
    /// what is wrong with it as that one is said.
    fn one_of(&mut self, choices: &[TypeId], at: Spot, node: &'n Node, path: &mut Vec<String>) {
        let mut near: Vec<Vec<Problem<'n>>> = Vec::new();
        for &choice in choices {
            let mut trial = Examiner {
                tables: self.tables,
                problems: Vec::new(),
            };
            let spot = Spot {
                of_type: choice,
                ..at
            };
            trial.value(self.tables.kind(choice), spot, node, path);
            let is_refused = trial
                .problems
                .iter()
                .any(|problem| problem.what.is_refused());
            if !is_refused {
                self.problems.extend(trial.problems);
                return;
            }
            let is_inside = trial
                .problems
                .iter()
                .all(|problem| !std::ptr::eq(problem.node, node));
            if is_inside {
                near.push(trial.problems);
            }
        }
        if near.len() == 1 {
            self.problems.append(&mut near[0]);
        } else {
            self.say(What::Value(at.of_type), path, at.key, node);
        }
    }

    fn follow(&self, base: SetId, to: &[WordId], aliases: usize) -> Option<Target> {
        if aliases > MOST_ALIASES {
            return None;
        }
        let mut target = Target::Set(base);
        for &name in to {
            let name = self.tables.word(name);
            target = match target {
                Target::Set(set) => self.named(base, set, name, aliases)?,
                Target::Type(of_type) => match self.beneath(of_type) {
                    Type::Table { element } => Target::Type(*element),
                    Type::Submodule { set, .. } => self.named(*set, *set, name, aliases)?,
                    _ => return None,
                },
            };
        }
        Some(target)
    }

    fn named(&self, base: SetId, set: SetId, name: &str, aliases: usize) -> Option<Target> {
        match self.tables.find(set, name)? {
            Entry::Group(set) => Some(Target::Set(*set)),
            Entry::Option(option) => Some(Target::Type(option.of_type)),
            Entry::Alias { to, .. } => self.follow(base, to, aliases + 1),
            Entry::Removed(_) | Entry::Changed(_) => None,
        }
    }

    fn beneath(&self, of_type: TypeId) -> &Type {
        match self.tables.kind(of_type) {
            Type::Nullable(inner) => self.tables.kind(*inner),
            other => other,
        }
    }

    fn say(&mut self, what: What, path: &[String], key: Origin, node: &'n Node) {
        self.problems.push(Problem {
            what,
            path: OptionPath(path.to_vec()),
            key,
            node,
            among: None,
        });
    }
}

/// A set that is more to Nix than its entries: a conditional value, a derivation, a function.
fn is_special(table: &Table) -> bool {
    OF_NIX.iter().any(|name| table.contains_key(*name))
        || table
            .get("type")
            .is_some_and(|pair| pair.node.value.as_str() == Some("derivation"))
}

/// A module in its long form.
fn is_whole_module(table: &Table) -> bool {
    table.contains_key("config") || table.contains_key("options")
}
