//! The proof that the catalogue's verdict is NixOS's own: options of every type, each with values
//! that are right and wrong, judged by the catalogue and by evaluating the option. It needs nixpkgs,
//! and says so where there is none. `COOP_SEED` and `COOP_SAMPLE` choose which options, and how many.

use std::collections::BTreeMap;

use nix_eval::position::{Origin as Source, Position};
use nix_eval::{Evaluator, Value as NixValue};
use serde_json::{Value as Json, json};

use super::build::with_options;
use super::examine::takes;
use super::model::{Entry, Others, SetId, Tables, Text, Type, TypeId, Word};
use super::shelf::Catalogue;
use crate::check::Choice;
use crate::diagnostics::{Origin, Sources};
use crate::fleet::{Entry as Pair, Node, Value};

/// Options that are tried.
const SAMPLE: usize = 400;
/// Submodules are entered this far.
const DEEPEST: usize = 3;

/// The way from an option to what is tried in it.
#[derive(Clone, Debug)]
enum Step {
    Name(String),
    Item,
}

/// An option, or one inside it.
#[derive(Clone)]
struct Place {
    path: Vec<String>,
    inside: Vec<Step>,
    of_type: TypeId,
}

impl Place {
    fn shown(&self) -> String {
        let inside = self.inside.iter().map(|step| match step {
            Step::Name(name) => format!(".{name}"),
            Step::Item => "[0]".to_owned(),
        });
        self.path.join(".") + &inside.collect::<String>()
    }

    /// A value for the place as one for the whole option.
    fn wrapped(&self, value: Json) -> Json {
        self.inside
            .iter()
            .rev()
            .fold(value, |value, step| match step {
                Step::Name(name) => json!({ name: value }),
                Step::Item => json!([value]),
            })
    }
}

/// Every option, those of submodules too.
fn places(tables: &Tables) -> Vec<Place> {
    let mut found = Vec::new();
    let mut groups = vec![(Vec::new(), tables.root)];
    while let Some((path, set)) = groups.pop() {
        for (name, entry) in tables.entries(set) {
            let mut path: Vec<String> = path.clone();
            path.push(tables.word(*name).to_owned());
            match entry {
                Entry::Group(set) => groups.push((path, *set)),
                Entry::Option(option) if !option.is_read_only => {
                    below(tables, &path, Vec::new(), option.of_type, 0, &mut found);
                }
                _ => {}
            }
        }
    }
    found
}

fn below(
    tables: &Tables,
    path: &[String],
    inside: Vec<Step>,
    of_type: TypeId,
    depth: usize,
    found: &mut Vec<Place>,
) {
    found.push(Place {
        path: path.to_vec(),
        inside: inside.clone(),
        of_type,
    });
    let and = |step: Step| inside.iter().cloned().chain([step]).collect::<Vec<_>>();
    match tables.kind(of_type) {
        Type::Nullable(inner) => {
            found.pop();
            below(tables, path, inside, *inner, depth, found);
        }
        Type::Table { element } if depth < DEEPEST => {
            let inside = and(Step::Name("x".into()));
            below(tables, path, inside, *element, depth + 1, found);
        }
        Type::List { element, .. } if depth < DEEPEST => {
            below(tables, path, and(Step::Item), *element, depth + 1, found);
        }
        Type::Submodule { set, .. } if depth < DEEPEST => {
            for (name, entry) in tables.entries(*set) {
                if let Entry::Option(option) = entry
                    && !option.is_read_only
                {
                    let inside = and(Step::Name(tables.word(*name).to_owned()));
                    below(tables, path, inside, option.of_type, depth + 1, found);
                }
            }
        }
        _ => {}
    }
}

/// A value that the type takes; none where that is not known.
fn right(tables: &Tables, of_type: &Type) -> Option<Json> {
    Some(match of_type {
        Type::Boolean => json!(true),
        Type::Integer { least, most } => json!(least.or(*most).unwrap_or(5)),
        Type::Float => json!(1.5),
        Type::Text(Text::Matching(_)) => {
            let known = [
                "x",
                "1",
                "x.service",
                "10.0.0.1",
                "a:b",
                "1G",
                "x-y",
                "0755",
            ];
            let mut known = known.into_iter().map(|text| json!(text));
            known.find(|text| takes(tables, of_type, &node(text)))?
        }
        Type::Text(_) => json!("x"),
        Type::Path { is_absolute } => json!(if *is_absolute == Some(false) {
            "x"
        } else {
            "/x"
        }),
        Type::Choice(words) => match words.last()? {
            Word::Text(text) => json!(tables.word(*text)),
            Word::Integer(number) => json!(number),
            Word::Boolean(value) => json!(value),
        },
        Type::List { element, .. } => json!([right(tables, tables.kind(*element))?]),
        Type::Table { element } => json!({ "x": right(tables, tables.kind(*element))? }),
        Type::Attributes | Type::Submodule { .. } => json!({}),
        Type::Nullable(inner) => right(tables, tables.kind(*inner))?,
        Type::OneOf(choices) => choices
            .iter()
            .find_map(|&choice| right(tables, tables.kind(choice)))?,
        Type::Anything | Type::Package | Type::Function | Type::Tagged { .. } | Type::System => {
            return None;
        }
    })
}

/// Values most of which are wrong for most types.
fn suspects(tables: &Tables, of_type: &Type) -> Vec<Json> {
    let mut values = vec![
        json!(true),
        json!(-7),
        json!(70_000),
        json!(2.5),
        json!(""),
        json!("a b"),
        json!("/x"),
        json!("x\ny"),
        json!([]),
        json!([true]),
        json!(["x", 5]),
        json!({}),
        json!({ "x": [{}] }),
    ];
    if let Type::Integer { least, most } = of_type {
        values.extend(
            least
                .and_then(|least| least.checked_sub(1))
                .map(|n| json!(n)),
        );
        values.extend(most.and_then(|most| most.checked_add(1)).map(|n| json!(n)));
    }
    if let Type::Submodule { set, .. } = of_type
        && let Some((name, _)) = tables.entries(*set).first()
    {
        values.push(json!({ (format!("{}q", tables.word(*name))): 5 }));
    }
    values
}

fn node(value: &Json) -> Node {
    let at = Origin::new(Sources::default().add("", String::new()), &(0..0));
    let value = match value {
        Json::Bool(value) => Value::Boolean(*value),
        Json::Number(number) => match number.as_i64() {
            Some(number) => Value::Integer(number),
            None => Value::Float(number.as_f64().unwrap()),
        },
        Json::String(text) => Value::String(text.clone()),
        Json::Array(items) => Value::Array(items.iter().map(node).collect()),
        Json::Object(entries) => Value::Table(
            entries
                .iter()
                .map(|(name, value)| {
                    let pair = Pair {
                        key: at,
                        node: node(value),
                    };
                    (name.clone(), pair)
                })
                .collect(),
        ),
        Json::Null => unreachable!("TOML has no null"),
    };
    Node { at, value }
}

/// What evaluation says of a value.
#[derive(Clone, Debug, PartialEq)]
enum Verdict {
    Taken,
    /// Not of the type: what the module system says.
    Refused(String),
    /// It fails in another way, perhaps for other reasons.
    Failed(String),
}

fn evaluated(evaluator: &mut Evaluator, source: NixValue, place: &Place, value: &Json) -> Verdict {
    let as_nix = |evaluator: &mut Evaluator, value: &Json| {
        let text = format!("builtins.fromJSON {}", json!(value.to_string()));
        evaluator.eval_text(text.as_bytes(), Source::String, b"/")
    };
    let inside: Vec<Json> = place
        .inside
        .iter()
        .map(|step| match step {
            Step::Name(name) => json!(name),
            Step::Item => json!(0),
        })
        .collect();
    let refused = evaluator.attempt(|evaluator| {
        let function = evaluator.select_by_text(source, b"set", "set")?;
        let arguments = [
            as_nix(evaluator, &json!(place.path))?,
            as_nix(evaluator, &json!(inside))?,
            as_nix(evaluator, &place.wrapped(value.clone()))?,
        ];
        evaluator.call(function, &arguments, Position::NONE)
    });
    let Err(error) = refused else {
        return Verdict::Taken;
    };
    let words = [
        "is not of type",
        "is neither a value of type",
        "does not exist",
        "rather than an attribute set",
    ];
    let message = error.message.lines().next().unwrap_or_default().to_owned();
    if words.iter().any(|word| error.message.contains(word)) {
        Verdict::Refused(message)
    } else {
        Verdict::Failed(message)
    }
}

/// A small generator of numbers: the sample is another one for each seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        // Knuth's multiplier for 64 bits.
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) as usize % most
    }
}

/// A number from the environment.
fn number(name: &str) -> Option<usize> {
    std::env::var(name).ok()?.parse().ok()
}

/// The same number of places for every sort of type.
fn sample(tables: &Tables, seed: usize) -> Vec<Place> {
    let mut sorts: BTreeMap<String, Vec<Place>> = BTreeMap::new();
    for place in places(tables) {
        let kind = format!("{:?}", tables.kind(place.of_type));
        let sort: String = kind
            .chars()
            .take_while(|mark| mark.is_alphabetic())
            .collect();
        let sort = match tables.kind(place.of_type) {
            Type::Text(text) => format!("{sort} {}", matches!(text, Text::Any)),
            Type::Submodule { others, .. } => {
                format!("{sort} {}", matches!(others, Others::Refused))
            }
            _ => sort,
        };
        sorts.entry(sort).or_default().push(place);
    }
    let mut dice = Dice(seed as u64);
    let each = number("COOP_SAMPLE").unwrap_or(SAMPLE) / sorts.len();
    let mut chosen = Vec::new();
    for places in sorts.values_mut() {
        for _ in 0..each.min(places.len()) {
            let at = dice.below(places.len());
            chosen.push(places.swap_remove(at));
        }
    }
    chosen
}

#[test]
fn what_the_catalogue_says_of_a_value_evaluation_says() {
    let choice = Choice::default();
    let catalogue = Catalogue::built_in();
    let tables = catalogue.tables();
    let sample = sample(tables, number("COOP_SEED").unwrap_or(1));
    assert!(sample.len() >= 300);
    let judged = with_options(&choice, None, |evaluator, source| {
        let mut judged = Vec::new();
        for place in &sample {
            let of_type = tables.kind(place.of_type);
            if let Some(right) = right(tables, of_type) {
                let verdict = evaluated(evaluator, source, place, &right);
                if let Verdict::Failed(_) = verdict {
                    // It wants more than a value of the type; nothing can be learnt there.
                    continue;
                }
                judged.push((place.shown(), right, true, verdict));
            }
            for value in suspects(tables, of_type) {
                let claim = takes(tables, of_type, &node(&value));
                let verdict = evaluated(evaluator, source, place, &value);
                judged.push((place.shown(), value, claim, verdict));
            }
        }
        Ok(judged)
    });
    let judged = match judged {
        Ok(judged) => judged,
        Err(super::BuildError::Unavailable(why)) => {
            eprintln!("not held against evaluation: {why}");
            return;
        }
        Err(error) => panic!("{error}"),
    };
    let mut false_alarms = Vec::new();
    let mut overlooked = Vec::new();
    for (place, value, claim, verdict) in &judged {
        match (claim, verdict) {
            (false, Verdict::Taken) => false_alarms.push(format!("{place} = {value}")),
            (true, Verdict::Refused(why)) => overlooked.push(format!("{place} = {value}: {why}")),
            _ => {}
        }
    }
    eprintln!(
        "{} values of {} options: {} false alarms, {} overlooked",
        judged.len(),
        sample.len(),
        false_alarms.len(),
        overlooked.len()
    );
    assert_eq!(false_alarms, Vec::<String>::new());
    // Checks of a module's own that no description tells of.
    assert!(
        overlooked.len() * 100 <= judged.len() * 3,
        "{overlooked:#?}"
    );
}

#[test]
fn the_compiled_in_catalogue_has_the_options_of_nixos_and_of_coop() {
    let catalogue = Catalogue::built_in();
    let tables = catalogue.tables();
    let has = |path: &str| {
        let mut names = path.split('.').peekable();
        let mut set: SetId = tables.root;
        while let Some(name) = names.next() {
            match tables.find(set, name) {
                Some(Entry::Group(next)) => set = *next,
                Some(_) => return names.peek().is_none(),
                None => return false,
            }
        }
        false
    };
    for path in [
        "services.nginx.virtualHosts",
        "boot.kernel.sysctl",
        "coop.host.name",
        "coop.mastodon",
    ] {
        assert!(has(path), "{path}");
    }
    assert!(places(tables).len() > 15_000);
}
