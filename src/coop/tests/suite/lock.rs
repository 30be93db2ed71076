//! What is settled stays settled, whatever comes and goes around it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use coop::diagnostics::{Code, Severity};
use coop::fleet::Fleet;
use coop::lock::Lock;
use proptest::prelude::*;

use crate::support::Memory;

/// A fleet with some development instances: name → host.
fn fleet(instances: &BTreeMap<String, String>, nixos: &str) -> Fleet {
    let mut text = format!(
        "[fleet]\nname = \"Test\"\ncontact = \"a@coop.example\"\nnixos = \"{nixos}\"\n\
         [hosts.one]\n[hosts.two]\n"
    );
    for (name, host) in instances {
        let _ = write!(
            text,
            "[instances.{name}]\nservice = \"mastodon\"\nstage = \"development\"\n\
             domain = \"{name}.example\"\nhost = \"{host}\"\n"
        );
    }
    let fleet = Memory::parse(&text).load();
    assert!(!fleet.has_errors(), "{:?}", fleet.findings);
    fleet
}

fn empty() -> Lock {
    Lock::parse(None).unwrap()
}

fn only(name: &str, host: &str) -> BTreeMap<String, String> {
    BTreeMap::from([(name.to_owned(), host.to_owned())])
}

#[derive(Clone, Debug)]
enum Edit {
    Add(String, String),
    Remove(usize),
    Release(String),
}

fn edit() -> impl Strategy<Value = Edit> {
    let host = prop_oneof![Just("one"), Just("two")].prop_map(str::to_owned);
    let release = prop_oneof![Just("25.05"), Just("25.11"), Just("26.05")].prop_map(str::to_owned);
    prop_oneof![
        4 => ("[a-z]{1,3}|[a-z]{12,20}|c[1-9]x", host).prop_map(|(name, host)| Edit::Add(name, host)),
        2 => any::<usize>().prop_map(Edit::Remove),
        1 => release.prop_map(Edit::Release),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn no_edit_changes_another_instance(edits in proptest::collection::vec(edit(), 1..25)) {
        let mut instances = BTreeMap::new();
        let mut nixos = "26.05".to_owned();
        let mut lock = empty();
        for edit in edits {
            match edit {
                Edit::Add(name, host) => {
                    // One that comes back comes back to where its data is.
                    let host = lock
                        .instances
                        .iter()
                        .find(|(known, _)| ***known == *name)
                        .map_or(host, |(_, settled)| settled.host.to_string());
                    instances.entry(name).or_insert(host);
                }
                Edit::Remove(place) if !instances.is_empty() => {
                    let name = instances.keys().nth(place % instances.len()).unwrap().clone();
                    instances.remove(&name);
                }
                Edit::Remove(_) => {}
                Edit::Release(release) => nixos = release,
            }
            let (new, findings) = lock.settle(&fleet(&instances, &nixos));
            prop_assert!(findings.iter().all(|finding| finding.severity() != Severity::Error));
            for (name, before) in &lock.instances {
                let mut after = new.instances[name].clone();
                after.removed = before.removed;
                prop_assert_eq!(&after, before);
            }
            for (name, before) in &lock.hosts {
                prop_assert_eq!(&new.hosts[name], before);
            }
            let each: Vec<_> = new.instances.values().collect();
            let distinct = |of: fn(&coop::lock::Settled) -> String| each.iter().map(|one| of(one)).collect::<BTreeSet<_>>().len();
            prop_assert_eq!(distinct(|one| one.container.clone()), each.len());
            prop_assert_eq!(distinct(|one| one.local_address.clone()), each.len());
            prop_assert!(each.iter().all(|one| one.container.len() <= 11));
            // What is written is what is read, and settling twice is settling once.
            prop_assert_eq!(&Lock::parse(Some(&new.text())).unwrap(), &new);
            prop_assert_eq!(&new.settle(&fleet(&instances, &nixos)).0, &new);
            lock = new;
        }
    }
}

#[test]
fn the_release_decides_state_only_on_arrival() {
    let (lock, _) = empty().settle(&fleet(&only("a", "one"), "25.05"));
    let settled = lock.instances.values().next().unwrap();
    assert_eq!(
        (settled.state_version.as_str(), settled.postgresql),
        ("25.05", 16)
    );
    let (later, _) = lock.settle(&fleet(&only("a", "one"), "26.05"));
    assert_eq!(later, lock);
}

#[test]
fn moving_a_living_instance_is_refused_and_explained() {
    let (lock, _) = empty().settle(&fleet(&only("a", "one"), "26.05"));
    let moved = fleet(&only("a", "two"), "26.05");
    let (_, findings) = lock.settle(&moved);
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].code, Code::HostChanged);
    let mut fleet = moved;
    fleet.findings = findings;
    insta::assert_snapshot!(
        "moved",
        crate::support::messages(&fleet, coop::diagnostics::Format::Human)
    );
}

#[test]
fn another_domain_is_refused() {
    let (mut lock, _) = empty().settle(&fleet(&only("a", "one"), "26.05"));
    lock.instances.values_mut().next().unwrap().domain = "before.example".into();
    let (_, findings) = lock.settle(&fleet(&only("a", "one"), "26.05"));
    assert_eq!(findings[0].code, Code::DomainChanged);
    assert!(
        findings[0]
            .help
            .as_ref()
            .unwrap()
            .contains("before.example")
    );
}

#[test]
fn what_leaves_is_named_once_and_can_come_back() {
    let (lock, _) = empty().settle(&fleet(&only("a", "one"), "26.05"));
    let gone = fleet(&BTreeMap::new(), "26.05");
    let (without, findings) = lock.settle(&gone);
    assert_eq!(findings[0].code, Code::LeftBehind);
    assert!(without.settle(&gone).1.is_empty());
    assert_eq!(without.settle(&fleet(&only("a", "one"), "26.05")).0, lock);
}

#[test]
fn a_renamed_instance_keeps_its_container() {
    let (lock, _) = empty().settle(&fleet(&only("a", "one"), "26.05"));
    let text = "[fleet]\nname = \"Test\"\ncontact = \"a@coop.example\"\nnixos = \"26.05\"\n[hosts.one]\n\
                [instances.b]\nservice = \"mastodon\"\nstage = \"development\"\ndomain = \"a.example\"\n\
                host = \"one\"\nrenamed_from = \"a\"\n";
    let renamed = Memory::parse(text).load();
    let (new, findings) = lock.settle(&renamed);
    assert!(findings.is_empty(), "{findings:?}");
    assert_eq!(new.instances.values().next().unwrap().container, "a");
    assert_eq!(empty().settle(&renamed).1[0].code, Code::BadRename);
}

#[test]
fn a_damaged_lock_is_refused() {
    for text in [
        "version = 2\n",
        "version = 1\nmore = 1\n",
        "<<<<<<< HEAD\n",
        "",
    ] {
        assert_eq!(
            Lock::parse(Some(text)).unwrap_err().code,
            Code::LockUnreadable,
            "{text}"
        );
    }
}
