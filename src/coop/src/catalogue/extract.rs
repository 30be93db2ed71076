//! From evaluated NixOS options to a catalogue.
//!
//! **Invariant.** What a catalogue calls wrong, the option's own type calls wrong: of a type whose
//! claims do not agree with its own `check`, or that cannot be understood, nothing is claimed.

use std::collections::HashMap;

use nix_eval::eval::R;
use nix_eval::heap::{ContextId, Kind};
use nix_eval::position::Position;
use nix_eval::{Evaluator, Value};

use super::builder::Builder;
use super::examine::{Sample, samples, takes};
use super::model::{Entry, Opt, Others, SetId, Tables, Text, Type, TypeId, Word};
use super::option_path::OptionPath;

/// Types nested deeper than this are taken as they come.
const DEEPEST: usize = 24;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Options, those of submodules each once for every place of use.
    pub options: usize,
    /// Those of which no type is known.
    pub unknown: usize,
    /// Those that were renamed, removed or changed.
    pub former: usize,
}

/// Makes a catalogue of what `extract.nix` evaluates to.
pub(super) fn extract(evaluator: &mut Evaluator, source: Value) -> R<(String, Tables, Count)> {
    let get = |evaluator: &mut Evaluator, name: &str| {
        evaluator.select_by_text(source, name.as_bytes(), name)
    };
    let release = get(evaluator, "release")?;
    let release = evaluator.text_of(release, "while reading the release")?;
    let is_open = get(evaluator, "open")?;
    let options = get(evaluator, "options")?;
    let mut extractor = Extractor {
        evaluator,
        builder: Builder::default(),
        is_open,
        known: HashMap::new(),
        active: Vec::new(),
        samples: samples(),
        is_root: true,
        count: Count::default(),
    };
    let root = extractor.set(options)?;
    Ok((
        String::from_utf8_lossy(&release).into_owned(),
        extractor.builder.finish(root),
        extractor.count,
    ))
}

struct Extractor<'e> {
    evaluator: &'e mut Evaluator,
    builder: Builder,
    /// Whether a submodule takes what it does not declare.
    is_open: Value,
    /// Types by their place in the heap: nixpkgs shares most of them.
    known: HashMap<u32, TypeId>,
    /// The types that are being looked at, from the outside in.
    active: Vec<u32>,
    samples: Vec<Sample>,
    /// Whether the options are the host's own, and not those of a submodule.
    is_root: bool,
    count: Count,
}

impl Extractor<'_> {
    /// A set of options.
    fn set(&mut self, options: Value) -> R<SetId> {
        let mut entries = Vec::new();
        for (name, value) in self.evaluator.attributes(options)? {
            // What the module system and the manual put beside the options.
            if name == "_module" || name == "_freeformOptions" {
                continue;
            }
            let entry = match self.evaluator.attempt(|evaluator| evaluator.force(value)) {
                Ok(value) if value.is_attrs() => self.entry(value),
                _ => self.opaque(),
            };
            let word = self.builder.word(&name);
            entries.push((word, entry));
        }
        Ok(self.builder.set(entries))
    }

    /// An option of which only the name is known.
    fn opaque(&mut self) -> Entry {
        self.count.options += 1;
        self.count.unknown += 1;
        Entry::Option(Opt {
            of_type: self.builder.of_type(Type::Anything),
            is_read_only: false,
            is_internal: false,
            has_default: false,
        })
    }

    fn entry(&mut self, value: Value) -> Entry {
        if self.text(value, "_type").as_deref() == Some("option") {
            self.count.options += 1;
            let entry = self.former(value);
            if entry.is_some() {
                self.count.former += 1;
            }
            return entry.unwrap_or_else(|| self.option(value));
        }
        match self.set(value) {
            Ok(set) => Entry::Group(set),
            Err(_) => self.opaque(),
        }
    }

    fn option(&mut self, option: Value) -> Entry {
        let is_read_only = self.flag(option, "readOnly");
        let has_default = self.get(option, "default").is_some();
        // Read-only options without a default may be set once.
        let is_set =
            is_read_only && (has_default || (self.is_root && self.flag(option, "isDefined")));
        let of_type = match self.get(option, "type") {
            Some(of_type) => self.of_type(of_type),
            None => self.builder.of_type(Type::Anything),
        };
        if *self.builder.tables().kind(of_type) == Type::Anything {
            self.count.unknown += 1;
        }
        Entry::Option(Opt {
            of_type,
            is_read_only: is_set,
            is_internal: self.flag(option, "internal"),
            has_default,
        })
    }

    /// An option of old, as the functions in `lib/modules.nix` leave it (`doRename`,
    /// `mkRemovedOptionModule`, `mkMergedOptionModule`).
    fn former(&mut self, option: Value) -> Option<Entry> {
        let is_hidden = self
            .get(option, "visible")
            .is_some_and(|visible| visible == Value::FALSE);
        let apply = self.get(option, "apply");
        if let Some(description) = self.text(option, "description")
            && let Some(to) = description
                .strip_prefix("Alias of {option}`")
                .and_then(|rest| rest.strip_suffix("`."))
            && apply.is_some()
        {
            let path = OptionPath::parse(to)?;
            let to = path.0.iter().map(|name| self.builder.word(name)).collect();
            return Some(Entry::Alias {
                to,
                is_former: is_hidden && self.is_root,
            });
        }
        if !is_hidden {
            return None;
        }
        if self.text(option, "default").as_deref() == Some("_mkMergedOptionModule") {
            return Some(Entry::Changed(None));
        }
        let apply = apply?;
        let refusal = self
            .evaluator
            .attempt(|evaluator| evaluator.call(apply, &[Value::NULL], Position::NONE))
            .err()?;
        let (_, words) = refusal
            .message
            .split_once("' can no longer be used since it's been removed.")?;
        let words: Vec<&str> = words.split_whitespace().collect();
        Some(Entry::Removed(self.builder.word(&words.join(" "))))
    }

    /// A type; what has been looked at before is not looked at again.
    fn of_type(&mut self, value: Value) -> TypeId {
        let place = value.to_word();
        if let Some(&known) = self.known.get(&place) {
            return known;
        }
        if self.active.contains(&place) || self.active.len() > DEEPEST {
            return self.builder.of_type(Type::Anything);
        }
        self.active.push(place);
        let mut of_type = self.read(value).unwrap_or(Type::Anything);
        if self.merges_its_own_way(value, &of_type) {
            of_type = self.seen_from_outside(of_type);
        }
        if !self.is_true(value, &of_type) {
            of_type = Type::Anything;
        }
        self.active.pop();
        let number = self.builder.of_type(of_type);
        self.known.insert(place, number);
        number
    }

    /// Whether the type takes none of the samples that its description refuses.
    fn is_true(&mut self, value: Value, of_type: &Type) -> bool {
        if *of_type == Type::Anything {
            return true;
        }
        let Some(check) = self.get(value, "check") else {
            return false;
        };
        let refused: Vec<usize> = (0..self.samples.len())
            .filter(|&sample| !takes(self.builder.tables(), of_type, &self.samples[sample].node))
            .collect();
        refused.into_iter().all(|sample| {
            let nix = self.samples[sample].nix.as_bytes();
            let origin = nix_eval::position::Origin::String;
            let given = self
                .evaluator
                .attempt(|evaluator| evaluator.eval_text(nix, origin, b"/"));
            let Ok(given) = given else { return false };
            // A check that fails takes it no more than one that says no.
            self.evaluator
                .attempt(|evaluator| evaluator.call(check, &[given], Position::NONE))
                .map_or(true, |verdict| verdict != Value::TRUE)
        })
    }

    fn read(&mut self, value: Value) -> Option<Type> {
        let name = self.text(value, "name")?;
        let integer = |least, most| Type::Integer { least, most };
        Some(match name.as_str() {
            "bool" | "boolByOr" => Type::Boolean,
            "int" => integer(None, None),
            "unsignedInt" => integer(Some(0), None),
            "positiveInt" => integer(Some(1), None),
            "float" => Type::Float,
            "str" | "separatedString" => Type::Text(Text::Any),
            "nonEmptyStr" => Type::Text(Text::NotEmpty),
            "singleLineStr" => Type::Text(Text::OneLine),
            "package" => Type::Package,
            "functionTo" => Type::Function,
            "attrs" => Type::Attributes,
            "path" => Type::Path {
                is_absolute: self
                    .nested(value, &["functor", "payload", "absolute"])
                    .filter(|value| [Value::TRUE, Value::FALSE].contains(value))
                    .map(|value| value == Value::TRUE),
            },
            "enum" => self.choice(value)?,
            "listOf" => {
                let element = self.nested(value, &["nestedTypes", "elemType"])?;
                let check = self.get(value, "check")?;
                let empty = self.evaluator.heap.empty_list();
                let verdict = self
                    .evaluator
                    .attempt(|evaluator| evaluator.call(check, &[empty], Position::NONE));
                Type::List {
                    element: self.of_type(element),
                    is_filled: verdict.is_ok_and(|verdict| verdict == Value::FALSE),
                }
            }
            "attrsOf" | "lazyAttrsOf" => {
                let element = self.nested(value, &["nestedTypes", "elemType"])?;
                Type::Table {
                    element: self.of_type(element),
                }
            }
            "nullOr" => {
                let inner = self.nested(value, &["nestedTypes", "elemType"])?;
                Type::Nullable(self.of_type(inner))
            }
            "unique" | "uniq" => {
                let inner = self.nested(value, &["nestedTypes", "elemType"])?;
                let inner = self.of_type(inner);
                self.builder.tables().kind(inner).clone()
            }
            "either" | "numberBetween" | "numberNonnegative" | "numberPositive" => {
                self.one_of(value, ["left", "right"])?
            }
            "coercedTo" => self.one_of(value, ["finalType", "coercedType"])?,
            "submodule" => self.submodule(value)?,
            "attrTag" => {
                let tags = self.nested(value, &["nestedTypes"])?;
                let set = self.below(tags)?;
                Type::Tagged { set }
            }
            "Toplevel NixOS config" => Type::System,
            _ if name.starts_with("passwdEntry ") => Type::Text(Text::Field),
            _ if name.starts_with("strMatching ") => {
                let pattern = self.nested(value, &["functor", "payload", "pattern"])?;
                let pattern = self.string(pattern)?;
                Type::Text(Text::Matching(self.builder.word(&pattern)))
            }
            _ => {
                let bounds = name.contains("Int") || name == "intBetween";
                let (least, most) = self.bounds(value).filter(|_| bounds)?;
                integer(Some(least), Some(most))
            }
        })
    }

    /// `… between 0 and 255 (both inclusive)`
    fn bounds(&mut self, value: Value) -> Option<(i64, i64)> {
        let description = self.text(value, "description")?;
        let (_, rest) = description.split_once("between ")?;
        let (least, rest) = rest.split_once(" and ")?;
        let (most, _) = rest.split_once(" (both inclusive)")?;
        Some((least.parse().ok()?, most.parse().ok()?))
    }

    fn choice(&mut self, value: Value) -> Option<Type> {
        let values = self.nested(value, &["functor", "payload", "values"])?;
        let mut words = Vec::new();
        for item in self.evaluator.heap.list_items(values) {
            let item = self
                .evaluator
                .attempt(|evaluator| evaluator.force(item))
                .ok()?;
            words.push(match self.evaluator.heap.kind(item) {
                Kind::String => {
                    let text = self.string(item)?;
                    Word::Text(self.builder.word(&text))
                }
                Kind::Int => Word::Integer(self.evaluator.heap.int(item)),
                Kind::Bool => Word::Boolean(item == Value::TRUE),
                // Nothing that TOML could say.
                Kind::Null => continue,
                _ => return None,
            });
        }
        Some(Type::Choice(words))
    }

    fn one_of(&mut self, value: Value, names: [&str; 2]) -> Option<Type> {
        let mut choices = Vec::new();
        for name in names {
            let inner = self.nested(value, &["nestedTypes", name])?;
            let mut inner = self.of_type(inner);
            // The function that converts a value sees what is in it first.
            if name == "coercedType" {
                inner = self.shallow(inner);
            }
            match self.builder.tables().kind(inner).clone() {
                Type::Anything => return Some(Type::Anything),
                Type::OneOf(inner) => choices.extend(inner),
                _ => choices.push(inner),
            }
        }
        let mut once: Vec<TypeId> = Vec::new();
        for choice in choices {
            if !once.contains(&choice) {
                once.push(choice);
            }
        }
        Some(Type::OneOf(once))
    }

    /// Whether a type that looks into its values does so by a function that a module gave it: those
    /// of nixpkgs are sets (`merge.v2`).
    fn merges_its_own_way(&mut self, value: Value, of_type: &Type) -> bool {
        let looks_inside = matches!(
            of_type,
            Type::List { .. } | Type::Table { .. } | Type::OneOf(_) | Type::Submodule { .. }
        );
        looks_inside
            && self
                .get(value, "merge")
                .is_none_or(|merge| !merge.is_attrs())
    }

    /// A type as it is seen from outside, where something else than its parts sees what is inside.
    fn seen_from_outside(&mut self, of_type: Type) -> Type {
        match of_type {
            Type::List { is_filled, .. } => Type::List {
                element: self.builder.of_type(Type::Anything),
                is_filled,
            },
            Type::Table { .. } => Type::Attributes,
            Type::Submodule { is_module, .. } => Type::Submodule {
                set: self.builder.set(Vec::new()),
                others: Others::Taken,
                is_module,
            },
            Type::Nullable(inner) => Type::Nullable(self.shallow(inner)),
            Type::OneOf(choices) => {
                let choices = choices.into_iter().map(|choice| self.shallow(choice));
                Type::OneOf(choices.collect())
            }
            other => other,
        }
    }

    fn shallow(&mut self, of_type: TypeId) -> TypeId {
        let of_type = self.builder.tables().kind(of_type).clone();
        let of_type = self.seen_from_outside(of_type);
        self.builder.of_type(of_type)
    }

    fn submodule(&mut self, value: Value) -> Option<Type> {
        let options = self.get(value, "getSubOptions")?;
        let prefix = self.evaluator.heap.empty_list();
        let options = self
            .evaluator
            .attempt(|evaluator| evaluator.call(options, &[prefix], Position::NONE))
            .ok()?;
        let is_nixos = ["environment", "nixpkgs", "systemd"]
            .iter()
            .all(|name| self.get(options, name).is_some());
        if is_nixos {
            // A whole system inside the system, with options of its own.
            return Some(Type::Submodule {
                set: self.builder.set(Vec::new()),
                others: Others::Taken,
                is_module: true,
            });
        }
        let set = self.below(options)?;
        let freeform = self.nested(value, &["nestedTypes", "freeformType"]);
        let is_open = self.is_open;
        let probed = self
            .evaluator
            .attempt(|evaluator| evaluator.call(is_open, &[value], Position::NONE));
        let others = match (freeform, probed) {
            (Some(freeform), _) => Others::Of(self.of_type(freeform)),
            (None, Err(error)) if error.message.contains("' does not exist.") => Others::Refused,
            (None, _) => Others::Taken,
        };
        let shorthand = self.nested(value, &["functor", "payload", "shorthandOnlyDefinesConfig"]);
        Some(Type::Submodule {
            set,
            others,
            is_module: shorthand != Some(Value::TRUE),
        })
    }

    /// The options of a submodule.
    fn below(&mut self, options: Value) -> Option<SetId> {
        let was_root = std::mem::replace(&mut self.is_root, false);
        let set = self.set(options);
        self.is_root = was_root;
        set.ok()
    }

    /// An attribute's value; none where there is none or it cannot be had.
    fn get(&mut self, set: Value, name: &str) -> Option<Value> {
        let symbol = self.evaluator.symbols.intern(name.as_bytes());
        let value = set
            .is_attrs()
            .then(|| self.evaluator.heap.attr(set, symbol))??;
        self.evaluator
            .attempt(|evaluator| evaluator.force(value))
            .ok()
    }

    fn nested(&mut self, set: Value, path: &[&str]) -> Option<Value> {
        path.iter().try_fold(set, |set, name| self.get(set, name))
    }

    fn flag(&mut self, set: Value, name: &str) -> bool {
        self.get(set, name) == Some(Value::TRUE)
    }

    /// The text of an attribute.
    fn text(&mut self, set: Value, name: &str) -> Option<String> {
        let value = self.get(set, name)?;
        self.string(value)
    }

    fn string(&mut self, value: Value) -> Option<String> {
        let is_plain =
            value.is_string() && self.evaluator.heap.string_context(value) == ContextId::EMPTY;
        is_plain
            .then(|| String::from_utf8(self.evaluator.heap.string(value).to_vec()).ok())
            .flatten()
    }
}
