//! The page of a fleet: what is on it, what members must not see, and that text stays text.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use coop::fleet::{Day, Domain, Fleet, Folder, Model, load};
use coop::lock::Lock;
use coop::plan::Report;
use coop::report::{Subject, page, public_page, read_plan};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use crate::support::{Memory, top};

fn today() -> Day {
    Day::checked("2027-02-02")
}

fn example() -> Fleet {
    load(&Folder(top()))
}

fn every_key() -> Fleet {
    let path = top().join("tests/fleets/valid/every-key.toml");
    Memory::parse(&fs::read_to_string(path).unwrap()).load()
}

fn lock_of(fleet: &Fleet) -> Lock {
    let text = fs::read_to_string(top().join("coop.lock")).unwrap();
    let (lock, _) = Lock::parse(Some(&text)).unwrap().settle(fleet);
    lock
}

fn full(fleet: &Fleet, plan: Option<&Report>) -> String {
    let (lock, _) = Lock::default().settle(fleet);
    let subject = Subject {
        fleet,
        lock: &lock,
        today: today(),
        plan,
    };
    page(&subject).unwrap()
}

/// Without the style sheet, which says nothing about a fleet.
fn unstyled(page: &str) -> String {
    let (before, rest) = page.split_once("<style>").unwrap();
    let (_, after) = rest.split_once("</style>").unwrap();
    let (start, rest) = before.split_once("style-src '").unwrap();
    let (_, end) = rest.split_once('\'').unwrap();
    format!("{start}style-src HASH{end}<style>…</style>{after}")
}

#[test]
fn the_example_as_those_see_it_who_run_it() {
    let fleet = example();
    let lock = lock_of(&fleet);
    let subject = Subject {
        fleet: &fleet,
        lock: &lock,
        today: today(),
        plan: None,
    };
    let first = page(&subject).unwrap();
    insta::assert_snapshot!("page", unstyled(&first));
    assert_eq!(first, page(&subject).unwrap());
}

#[test]
fn the_example_as_its_members_see_it() {
    insta::assert_snapshot!(
        "public-page",
        unstyled(&public_page(&example(), &today()).unwrap())
    );
}

#[test]
fn a_fleet_of_every_key_has_a_page() {
    let fleet = every_key();
    assert!(!fleet.has_errors());
    let page = full(&fleet, None);
    for wanted in [
        "Co-op &quot;Zweig&quot; ${HOME} &#39;&#39;",
        "is restored from",
        "keeps media in",
        "a sealed copy of",
        "Members can invite anybody, past every list.",
        "friends.example (Our friends)",
        "hidden in part from the public",
    ] {
        assert!(page.contains(wanted), "{wanted}");
    }
    // It would have the owner of its profile, were it not sealed.
    let owners = page.matches("owner <a href=\"#person-ann-marie\"").count();
    assert_eq!(owners, 4, "the copy has no owner");
    let public = public_page(&fleet, &today()).unwrap();
    assert!(public.contains("spam.****ple"), "obfuscated");
}

#[test]
fn a_review_is_due_the_day_after_its_date() {
    let fleet = example();
    let count = |day: &str| {
        let page = public_page(&fleet, &Day::checked(day)).unwrap();
        page.matches("class=\"due\"").count()
    };
    // The example has reviews on 2027-02-01, 2027-04-03 and 2027-05-11.
    assert_eq!(count("2027-02-01"), 0);
    assert_eq!(count("2027-02-02"), 1);
    assert_eq!(count("2027-05-12"), 3);
}

#[test]
fn the_page_needs_and_allows_nothing_else() {
    for page in [
        full(&example(), None),
        public_page(&example(), &today()).unwrap(),
    ] {
        for never in [
            "http:", "https:", "//", "<script", "<link", "<img", "url(", "@import", " style=",
        ] {
            assert!(!page.contains(never), "{never}");
        }
        assert!(page.contains("default-src 'none'; style-src 'sha256-"));
        let ids: Vec<&str> = attribute(&page, "id");
        let unique: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), unique.len(), "an id stands twice");
        for link in attribute(&page, "href") {
            let target = link
                .strip_prefix('#')
                .expect("leads to a place on the page");
            assert!(unique.contains(target), "{link} leads nowhere");
        }
    }
}

fn attribute<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let start = format!(" {name}=\"");
    let found = page.split(&start).skip(1);
    found.map(|rest| rest.split('"').next().unwrap()).collect()
}

/// Keys below which every value may be seen by members. What is not here is private, a key that is
/// yet to come included; `*` stands for any one key, and a last one for all below.
const PUBLIC: &[&str] = &[
    "fleet name",
    "fleet contact",
    "tenants * name",
    "allowlists * domains",
    "allowlists * lists",
    "policies * grounds",
    "policies * blocks * domain",
    "policies * blocks * severity",
    "policies * blocks * ground",
    "policies * blocks * reason",
    "policies * blocks * since",
    "policies * blocks * review",
    "policies * allows",
    "instances * service",
    "instances * stage",
    "instances * domain",
    "instances * web_domain",
    "instances * signup",
    "instances * policies",
    "instances * federation mode",
    "instances * cache keep_days",
    "instances * site title",
    "instances * site description",
    "backups * keep",
    // How often, not when.
    "instances * backup at",
    "instances * backup drill",
    // Kinds, not texts.
    "hosts * system",
    "generate",
];

/// Where something is named that is declared elsewhere.
const NAMES: &[(&str, &str)] = &[
    ("instances * host", "hosts"),
    ("hosts * operators *", "people"),
    ("instances * owner", "people"),
    ("instances * mail relay", "relays"),
    ("instances * backup to", "backups"),
    ("instances * media bucket", "buckets"),
    ("instances * tenant", "tenants"),
];

fn is_at(path: &[String], pattern: &str, whole: bool) -> bool {
    let pattern: Vec<&str> = pattern.split(' ').collect();
    let fits = path
        .iter()
        .zip(&pattern)
        .all(|(key, wanted)| *wanted == "*" || key == wanted);
    fits && path.len() >= pattern.len() && (!whole || path.len() == pattern.len())
}

/// Puts a mark in the place of every value, key and name that is private; gives the marks.
fn mark(value: &mut Json, path: &mut Vec<String>, marks: &mut Vec<String>) {
    let section = ["people", "hosts", "relays", "backups", "buckets", "tenants"];
    match value {
        Json::Object(map) => {
            let keys: Vec<String> = map.keys().cloned().collect();
            for key in keys {
                let mut inner = map.remove(&key).unwrap();
                path.push(key.clone());
                mark(&mut inner, path, marks);
                path.pop();
                let is_name = path.len() == 1 && section.contains(&path[0].as_str());
                map.insert(
                    if is_name {
                        named(&path[0], &key, marks)
                    } else {
                        key
                    },
                    inner,
                );
            }
        }
        Json::Array(items) => {
            for (number, item) in items.iter_mut().enumerate() {
                path.push(number.to_string());
                mark(item, path, marks);
                path.pop();
            }
        }
        Json::String(text) => {
            if let Some((_, section)) = NAMES.iter().find(|(pattern, _)| is_at(path, pattern, true))
            {
                *text = named(section, text, marks);
            } else if !PUBLIC.iter().any(|pattern| is_at(path, pattern, false)) {
                *text = format!("private{}secret", marks.len());
                marks.push(text.clone());
            }
        }
        Json::Number(number) => {
            if !PUBLIC.iter().any(|pattern| is_at(path, pattern, false)) {
                let new = 760_000 + marks.len();
                *number = new.into();
                marks.push(new.to_string());
            }
        }
        Json::Bool(_) | Json::Null => {}
    }
}

fn named(section: &str, name: &str, marks: &mut Vec<String>) -> String {
    let new = format!("{section}-{name}-secret");
    marks.push(new.clone());
    new
}

#[test]
fn members_see_nothing_that_is_private() {
    for fleet in [example(), every_key()] {
        let mut marks = Vec::new();
        let mut marked = fleet.clone();
        let mut json = serde_json::to_value(&fleet.model).unwrap();
        mark(&mut json, &mut Vec::new(), &mut marks);
        marked.model = serde_json::from_value::<Model>(json).unwrap();
        assert!(marks.len() > 50, "{}", marks.len());
        for (block, _) in marked.blocks.values_mut().flatten() {
            if let Some(note) = &mut block.note {
                *note = serde_json::from_value("a note that is secret".into()).unwrap();
            }
            if block.obfuscate {
                marks.push(block.domain.to_string());
            }
        }
        let page = public_page(&marked, &today()).unwrap();
        let page = unstyled(&page);
        for mark in &marks {
            assert!(
                !page.contains(mark.as_str()),
                "{mark} is on the public page"
            );
        }
        assert!(!page.contains("secret"), "{page}");
        // What a tenant decides for itself: whole words, since domains contain each other.
        let shown: BTreeSet<&str> = fleet
            .model
            .instances
            .values()
            .flat_map(|instance| std::iter::once(&instance.domain).chain(&instance.web_domain))
            .map(|domain| &**domain)
            .collect();
        let is_tenants = |section: &'static str, name: &str| {
            let at = fleet.declared[&(section, name.to_owned())];
            fleet.owners.contains_key(&at.file)
        };
        let lists = fleet
            .lists
            .iter()
            .filter(|(name, _)| is_tenants("allowlists", name));
        let mut private: Vec<String> = lists
            .flat_map(|(name, domains)| {
                let domains = domains.iter().map(|(domain, _)| domain.to_string());
                domains.chain([format!("list-{name}")])
            })
            .collect();
        let policies = fleet
            .blocks
            .iter()
            .filter(|(name, _)| is_tenants("policies", name));
        private.extend(
            policies
                .flat_map(|(_, blocks)| blocks)
                .flat_map(|(block, _)| {
                    let reason = block.reason.iter().map(ToString::to_string);
                    reason.chain([block.domain.to_string()])
                }),
        );
        assert!(!private.is_empty());
        for text in private.iter().filter(|text| !shown.contains(text.as_str())) {
            assert!(!has_word(&page, text), "{text} is a tenant's own affair");
        }
        for (path, _) in fleet.sources.iter() {
            assert!(
                !has_word(&page, &path.to_string_lossy()),
                "{}",
                path.display()
            );
        }
    }
}

fn has_word(page: &str, word: &str) -> bool {
    let is_part = |mark: char| mark.is_alphanumeric() || mark == '-' || mark == '.';
    page.match_indices(word).any(|(at, _)| {
        !page[..at].ends_with(is_part) && !page[at + word.len()..].starts_with(is_part)
    })
}

/// Kinds and dates, which are no free texts.
const FIXED: &[&str] = &[
    "service", "stage", "severity", "ground", "grounds", "mode", "system", "only", "since",
    "review",
];

/// Every text of a fleet becomes this one, and it is put behind the first name of each section.
fn overwritten(fleet: &Fleet, text: &str) -> Fleet {
    fn all(value: &mut Json, text: &str) {
        match value {
            Json::Object(map) => {
                for (key, inner) in map {
                    if !FIXED.contains(&key.as_str()) {
                        all(inner, text);
                    }
                }
            }
            Json::Array(items) => items.iter_mut().for_each(|item| all(item, text)),
            Json::String(old) => text.clone_into(old),
            _ => {}
        }
    }
    let mut fleet = fleet.clone();
    let mut json = serde_json::to_value(&fleet.model).unwrap();
    all(&mut json, text);
    for section in json.as_object_mut().unwrap().values_mut() {
        if let Some(map) = section.as_object_mut()
            && let Some(first) = map.keys().next().cloned()
            && map[&first].is_object()
        {
            let inner = map.remove(&first).unwrap();
            map.insert(format!("{first}{text}"), inner);
        }
    }
    fleet.model = serde_json::from_value(json).unwrap();
    for (domain, _) in fleet.lists.values_mut().flatten() {
        *domain = Domain::checked(text);
    }
    for (block, _) in fleet.blocks.values_mut().flatten() {
        let mut json = serde_json::to_value(&*block).unwrap();
        all(&mut json, text);
        *block = serde_json::from_value(json).unwrap();
    }
    fleet
}

fn hostile_plan(text: &str) -> Report {
    serde_json::from_value(json!({
        "against": {"kind": "file", "path": text, "commit": text},
        "not_evaluated": null,
        "nixpkgs": text,
        "people": [{"title": text, "lines": [text]}],
        "hosts": {text: {
            "state": "changed", "alarms": [text], "reboot": [text],
            "system": {
                "actions": {"stop": [text], "start": [], "restart": [], "reload": [], "wait": [], "begin": [], "systemd": false},
                "units": [{"name": text, "change": "added", "diff": format!("+{text}"), "fields": []}],
                "user_units": [], "files": [], "packages": [], "users": [], "groups": [], "ports": [],
                "domains": [], "certificates": [], "timers": [], "tmpfiles": [], "boot": [],
                "file_systems": [], "swap": [], "sysctl": [], "general": [], "lasting": [],
                "activation": [], "unit_packages": [], "containers": {}, "elsewhere": false
            },
            "texts": [{"name": text, "diff": format!(" {text}"), "used_by": [text]}]
        }},
        "changes": true
    }))
    .unwrap()
}

/// The elements of a page with the names of their attributes, by nothing but where marks stand.
fn skeleton(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = page;
    while let Some((_, tag)) = rest.split_once('<') {
        let mut element = String::new();
        let mut is_quoted = false;
        let mut length = 0;
        for mark in tag.chars() {
            length += mark.len_utf8();
            match mark {
                '"' => is_quoted = !is_quoted,
                '>' if !is_quoted => break,
                mark if !is_quoted => element.push(mark),
                _ => {}
            }
        }
        found.push(element);
        rest = &tag[length..];
    }
    // Whether a drawing's text is cut, and has its whole in a title, depends on how wide its letters are.
    while let Some(cut) = found
        .windows(3)
        .position(|of| of[0].starts_with("text ") && of[1] == "title" && of[2] == "/title")
    {
        found.drain(cut + 1..cut + 3);
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn no_text_becomes_markup(noise in "[\\PC<>&\"'/= ]{0,40}", attack in 0..6usize) {
        const ATTACKS: [&str; 6] = [
            "<script>alert(1)</script>",
            "\"><img src=x onerror=alert(1)>",
            "' onmouseover='alert(1)",
            "</title></svg><b>",
            "--><!--<style>*{}</style>",
            "{{ page.name | safe }}{% raw %}",
        ];
        let hostile = format!("{}{noise}", ATTACKS[attack]);
        let harmless = "x".repeat(hostile.chars().count());
        for fleet in [example(), every_key()] {
            let pages = |text: &str| {
                let fleet = overwritten(&fleet, text);
                (full(&fleet, Some(&hostile_plan(text))), public_page(&fleet, &today()).unwrap())
            };
            let (evil, good) = (pages(&hostile), pages(&harmless));
            prop_assert_eq!(skeleton(&evil.0), skeleton(&good.0));
            prop_assert_eq!(skeleton(&evil.1), skeleton(&good.1));
        }
    }
}

#[test]
fn the_tokeniser_of_these_tests_sees_markup() {
    assert_eq!(skeleton("a<b c=\"<>\">d</b>"), ["b c=", "/b"]);
    assert_ne!(skeleton("<b><i></b>"), skeleton("<b>&lt;i></b>"));
}

#[test]
fn a_plan_is_on_the_page_with_what_it_compares_with() {
    let plan = hostile_plan("words");
    let page = full(&example(), Some(&plan));
    insta::assert_snapshot!(
        "plan-section",
        &page[page.find("<h2 id=\"plan\">").unwrap()..]
    );
    let again: Report = serde_json::from_str(&serde_json::to_string(&plan).unwrap()).unwrap();
    assert_eq!(page, full(&example(), Some(&again)));
}

#[test]
fn a_file_that_is_no_plan_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |text: &str| {
        let path = folder.path().join("plan.json");
        fs::write(&path, text).unwrap();
        let error = read_plan("Test", &path).unwrap_err();
        error
            .to_string()
            .replace(&*path.to_string_lossy(), "plan.json")
    };
    for text in [
        "",
        "{",
        "[]",
        "{}",
        "null",
        "{\"hosts\": 3}",
        "\u{feff}{}",
        "## Plan\n",
    ] {
        assert_eq!(
            refused(text),
            "plan.json is no plan; make one with `coop plan --format json`",
            "{text}"
        );
    }
    assert!(
        refused("{\"version\": 1, \"files\": {}, \"hosts\": {}}")
            .contains("is a saved fleet, not a plan")
    );
    let missing = read_plan("Test", &folder.path().join("nothing")).unwrap_err();
    assert!(
        missing.to_string().ends_with("nothing cannot be read"),
        "{missing}"
    );
}

#[test]
fn a_large_fleet_is_folded() {
    let mut text = String::from(
        "[fleet]\nname = \"Large\"\ncontact = \"support@coop.example\"\nnixos = \"26.05\"\n\
         [allowlists.members]\ndomains = [\"coop.example\"]\n\
         [relays.main]\nserver = \"smtp.coop.example:587\"\nuser = \"fleet\"\npassword = { secret = \"relay\" }\n",
    );
    for host in 0..300 {
        let _ = write!(
            text,
            "[hosts.h{host}]\nipv4 = \"10.0.{}.{}\"\n",
            host / 250,
            host % 250 + 1
        );
    }
    for number in 0..1000 {
        let mail = if number % 300 < 150 {
            "mail = { relay = \"main\" }\n"
        } else {
            ""
        };
        let _ = write!(
            text,
            "[instances.i{number}]\nservice = \"mastodon\"\nstage = \"development\"\n\
             domain = \"i{number}.example\"\nhost = \"h{}\"\nsignup = {{ join = [\"members\"] }}\n{mail}",
            number % 300
        );
    }
    let fleet = Memory::parse(&text).load();
    assert!(!fleet.has_errors());
    let page = full(&fleet, None);
    let drawing = &page[page.find("<svg").unwrap()..page.find("</svg>").unwrap()];
    let texts = drawing.matches("<text").count();
    // A word for each host, two frames, the relay, and who comes in.
    assert!((300..320).contains(&texts), "{texts}");
    assert!(drawing.contains(">h7 · 4<"), "how many it carries");
    assert_eq!(
        drawing.matches("class=\"frame\"").count(),
        2,
        "with and without the relay"
    );
    let height: usize = attribute(drawing, "height")[0].parse().unwrap();
    assert!(height < 2500, "{height}");
    let public = public_page(&fleet, &today()).unwrap();
    let drawing = &public[public.find("<svg").unwrap()..public.find("</svg>").unwrap()];
    assert!(drawing.contains(">i999.example<"), "every service");
    assert_eq!(
        drawing.matches("class=\"head join\"").count(),
        1,
        "one line for all"
    );
}
