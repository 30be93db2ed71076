//! Plans of systems in memory: what is compared, what is done about it, and how it is written.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use super::difference;
use super::report::{Against, HostPlan, Report, Section, State};
use super::snapshot::Host;
use super::{PLAN_SCHEMA, human, markdown};

/// A store path whose hash is one letter.
fn path(letter: &str, name: &str) -> String {
    format!("/nix/store/{}-{name}", letter.repeat(32))
}

fn host(value: Json) -> Host {
    serde_json::from_value(value).unwrap()
}

fn unit(text: &str, wanted_by: &[&str]) -> Json {
    json!({"text": text, "enabled": true, "wanted_by": wanted_by})
}

fn file(source: &str) -> Json {
    json!({"source": source, "mode": "symlink", "user": "0", "group": "0"})
}

/// A service with more keys.
fn service(keys: &str) -> Json {
    unit(&format!("[Service]\n{keys}"), &["multi-user.target"])
}

/// A host with one of everything, and what it becomes.
fn hosts() -> (Host, Host) {
    let mail = |letter: &str| {
        unit(
            &format!(
                "[Unit]\nDescription=Mail\n\n[Service]\nExecStart={}/bin/start\n",
                path(letter, "unit-script-mail-start")
            ),
            &["multi-user.target"],
        )
    };
    let old = json!({
        "system": {
            "toplevel": path("a", "nixos-system-web1"),
            "general": {"host name": "web1", "time zone": "Europe/London"},
            "lasting": {"stateVersion": "26.05"},
            "units": {
                "mail.service": mail("b"),
                "web.service": service("ExecReload=x\nX-ReloadIfChanged=true\nExecStart=web 1\n"),
                "login.service": service("X-RestartIfChanged=false\nExecStart=login 1\n"),
                "old.service": service("ExecStart=old\n"),
                "tick.timer": unit("[Timer]\nOnCalendar=daily\n", &["timers.target"]),
            },
            "files": {
                "motd": file(&path("c", "motd")),
                "tool": file(&path("d", "tool-1.0")),
            },
            "packages": [
                {"name": "htop", "version": "3.4", "path": path("e", "htop-3.4")},
                {"name": "vim", "version": "9.1", "path": path("f", "vim-9.1")},
                {"name": "git", "version": "2.52", "path": path("g", "git-2.52")},
            ],
            "users": {"ann": {"uid": 1000, "extraGroups": ["wheel"], "keys": ["ssh-ed25519 A"]}},
            "firewall": {"enabled": true, "everywhere": {"allowedTCPPorts": [22, 80]}},
            "virtual_hosts": {"social.example": {"forceSSL": true}},
            "certificates": {"social.example": {"domain": "social.example"}},
            "boot": {"kernel": {"version": "6.18"}, "parameters": ["quiet"]},
            "containers": {
                "social": {"settings": {"hostAddress": "10.0.0.1"}, "system": {
                    "toplevel": path("h", "nixos-system-social"),
                    "lasting": {"postgresql.major": "16", "mastodon.localDomain": "social.example"},
                }},
                "gone": {"settings": {}, "system": {"toplevel": path("i", "nixos-system-gone")}},
            },
        },
        "texts": {
            path("b", "unit-script-mail-start"): format!("#!/bin/sh\nmail --config {}\n", path("j", "mail.json")),
            path("j", "mail.json"): "{\"port\":587,\"server\":\"smtp.example\"}",
            path("c", "motd"): "Welcome\nto web1\n",
        },
    });
    let mut new = old.clone();
    let system = &mut new["system"];
    system["toplevel"] = json!(path("A", "nixos-system-web1"));
    system["general"]["time zone"] = json!("Europe/Paris");
    let units = system["units"].as_object_mut().unwrap();
    units.remove("old.service");
    units.insert("new.service".into(), service("ExecStart=new\n"));
    units.insert("mail.service".into(), mail("B"));
    units.insert(
        "web.service".into(),
        service("ExecReload=x\nX-ReloadIfChanged=true\nExecStart=web 2\n"),
    );
    units.insert(
        "login.service".into(),
        service("X-RestartIfChanged=false\nExecStart=login 2\n"),
    );
    units.insert(
        "tick.timer".into(),
        unit("[Timer]\nOnCalendar=weekly\n", &["timers.target"]),
    );
    system["files"]["motd"] = file(&path("C", "motd"));
    system["files"]["tool"] = file(&path("D", "tool-1.0"));
    system["packages"] = json!([
        {"name": "htop", "version": "3.5", "path": path("E", "htop-3.5")},
        {"name": "vim", "version": "9.1", "path": path("F", "vim-9.1")},
        {"name": "jq", "version": "1.8", "path": path("G", "jq-1.8")},
    ]);
    system["users"]["ann"]["extraGroups"] = json!(["wheel", "docker"]);
    system["users"]["bob"] = json!({"uid": 1001});
    system["firewall"] = json!({
        "enabled": true,
        "everywhere": {"allowedTCPPorts": [22, 443], "allowedUDPPortRanges": [{"from": 60000, "to": 60010}]},
        "interfaces": {"ve-social": {"allowedTCPPorts": [9100]}},
    });
    system["virtual_hosts"]["social.example"]["forceSSL"] = json!(false);
    system["certificates"]["other.example"] = json!({"domain": "other.example"});
    system["boot"] = json!({"kernel": {"version": "6.19"}, "parameters": ["quiet", "nosmt"]});
    let containers = system["containers"].as_object_mut().unwrap();
    containers.remove("gone");
    containers.insert(
        "social".into(),
        json!({"settings": {"hostAddress": "10.0.0.5"}, "system": {
            "toplevel": path("H", "nixos-system-social"),
            "lasting": {"postgresql.major": "17", "mastodon.localDomain": "social.example"},
        }}),
    );
    new["texts"] = json!({
        path("B", "unit-script-mail-start"): format!("#!/bin/sh\nmail --config {}\n", path("J", "mail.json")),
        path("J", "mail.json"): "{\"port\":465,\"server\":\"smtp.example\"}",
        path("C", "motd"): "Welcome\nto web1, in Paris\n",
    });
    (host(old), host(new))
}

fn report(hosts: BTreeMap<String, HostPlan>) -> Report {
    Report {
        fleet: Some("Test".to_owned()),
        against: Against::Revision {
            name: "main".to_owned(),
            commit: "0123456789abcdef0123456789abcdef01234567".to_owned(),
            generated: false,
        },
        not_evaluated: None,
        nixpkgs: Some("~/nixpkgs".to_owned()),
        people: vec![Section {
            title: "social".to_owned(),
            lines: vec!["weavers.example may join".to_owned()],
        }],
        hosts,
        changes: true,
    }
}

fn whole() -> Report {
    let (old, new) = hosts();
    report(BTreeMap::from([
        (
            "web1".to_owned(),
            difference::host(Some(&old), Some(&new), None),
        ),
        (
            "web2".to_owned(),
            difference::host(Some(&old), Some(&old), None),
        ),
        ("web3".to_owned(), difference::host(None, Some(&new), None)),
        ("web4".to_owned(), difference::host(Some(&old), None, None)),
    ]))
}

#[test]
fn a_plan_is_short_and_can_be_whole() {
    insta::assert_snapshot!("human", human(&whole(), false));
    insta::assert_snapshot!("human-full", human(&whole(), true));
    insta::assert_snapshot!("markdown", markdown(&whole(), false));
}

#[test]
fn a_plan_as_json_is_what_its_schema_says() {
    let plan = serde_json::to_value(whole()).unwrap();
    let validator = jsonschema::validator_for(&PLAN_SCHEMA).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&plan)
        .map(|error| error.to_string())
        .collect();
    assert_eq!(errors, Vec::<String>::new());
    assert!(!validator.is_valid(&json!({"against": {}})));
    insta::assert_snapshot!(
        "json",
        serde_json::to_string_pretty(&plan["hosts"]["web1"]).unwrap()
    );
}

#[test]
fn a_host_that_is_the_same_has_an_empty_plan() {
    let (old, _) = hosts();
    let plan = difference::host(Some(&old), Some(&old), None);
    assert_eq!(plan.state, State::Same);
    assert_eq!(plan.system, super::report::SystemPlan::default());
}

#[test]
fn what_nothing_describes_is_said_to_be_elsewhere() {
    let (old, _) = hosts();
    let mut new = old.clone();
    new.system.toplevel = path("Z", "nixos-system-web1");
    let plan = difference::host(Some(&old), Some(&new), None);
    assert!(plan.system.elsewhere);
}

/// Actions where one unit gives way to another.
fn actions(name: &str, old: Json, new: Option<Json>, others: &[(&str, Json)]) -> Vec<String> {
    let host_of = |unit: Option<Json>, letter: &str| {
        let mut units: BTreeMap<String, Json> = others
            .iter()
            .map(|(name, unit)| ((*name).to_owned(), unit.clone()))
            .collect();
        units.extend(unit.map(|unit| (name.to_owned(), unit)));
        host(json!({"system": {"toplevel": path(letter, "x"), "units": units}, "texts": {}}))
    };
    let plan = difference::host(
        Some(&host_of(Some(old), "a")),
        Some(&host_of(new, "b")),
        None,
    );
    let actions = plan.system.actions;
    let mut said = Vec::new();
    for (word, names) in [
        ("stop", actions.stop),
        ("start", actions.start),
        ("restart", actions.restart),
        ("reload", actions.reload),
        ("wait", actions.wait),
        ("begin", actions.begin),
    ] {
        said.extend(names.iter().map(|name| format!("{word} {name}")));
    }
    said
}

/// Rules of `handle_modified_unit` and `collect_unit_changes`, one by one.
#[test]
fn units_are_treated_by_the_rules_of_switch_to_configuration() {
    let keyed = |section: &str, keys: &str| {
        let of = |number: &str| {
            unit(
                &format!("[{section}]\n{keys}A={number}\n"),
                &["multi-user.target"],
            )
        };
        (of("1"), Some(of("2")))
    };
    let cases = [
        (
            "a service is stopped, and started from its new file",
            "a.service",
            keyed("Service", ""),
            "stop a.service, start a.service",
        ),
        (
            "unless it is to be restarted in one",
            "a.service",
            keyed("Service", "X-StopIfChanged=false\n"),
            "restart a.service",
        ),
        (
            "or reloaded",
            "a.service",
            keyed("Service", "X-ReloadIfChanged=true\n"),
            "reload a.service",
        ),
        (
            "or left alone",
            "a.service",
            keyed("Service", "X-RestartIfChanged=false\n"),
            "wait a.service",
        ),
        (
            "or must not be stopped by hand",
            "a.service",
            keyed("Unit", "RefuseManualStop=true\n"),
            "wait a.service",
        ),
        (
            "or is started by hand only",
            "a.service",
            keyed("Unit", "X-OnlyManualStart=true\n"),
            "wait a.service",
        ),
        (
            "a task that ended is not running",
            "a.service",
            keyed("Service", "Type=oneshot\n"),
            "",
        ),
        (
            "one that remains is",
            "a.service",
            keyed("Service", "Type=oneshot\nRemainAfterExit=true\n"),
            "stop a.service, start a.service",
        ),
        (
            "a slice has its properties by a reload of systemd",
            "a.slice",
            keyed("Slice", ""),
            "",
        ),
        ("a path likewise", "a.path", keyed("Path", ""), ""),
        (
            "a socket stays as it is",
            "a.socket",
            keyed("Socket", ""),
            "",
        ),
        (
            "a timer is restarted",
            "a.timer",
            keyed("Timer", ""),
            "restart a.timer",
        ),
        (
            "a mount is restarted",
            "srv.mount",
            keyed("Mount", ""),
            "restart srv.mount",
        ),
        (
            "but the root is mounted again",
            "-.mount",
            keyed("Mount", ""),
            "reload -.mount",
        ),
        (
            "and the store",
            "nix.mount",
            keyed("Mount", ""),
            "reload nix.mount",
        ),
        (
            "a target is merely started again",
            "a.target",
            keyed("Unit", ""),
            "",
        ),
    ];
    for (what, name, (old, new), wanted) in cases {
        assert_eq!(actions(name, old, new, &[]).join(", "), wanted, "{what}");
    }
}

#[test]
fn a_service_behind_a_socket_is_started_by_it() {
    let of = |number: &str| service(&format!("A={number}\n"));
    let socket = unit("[Socket]\nListenStream=1\n", &["sockets.target"]);
    assert_eq!(
        actions("a.service", of("1"), Some(of("2")), &[("a.socket", socket)]),
        ["stop a.service", "stop a.socket", "start a.socket"]
    );
}

#[test]
fn a_unit_that_goes_is_stopped_unless_it_says_otherwise() {
    assert_eq!(
        actions("a.service", service("A=1\n"), None, &[]),
        ["stop a.service"]
    );
    let stays = unit("[Unit]\nX-StopOnRemoval=false\n", &["multi-user.target"]);
    assert!(actions("a.service", stays, None, &[]).is_empty());
    let mut masked = service("A=1\n");
    masked["enabled"] = json!(false);
    assert_eq!(
        actions("a.service", service("A=1\n"), Some(masked), &[]),
        ["stop a.service"]
    );
}

#[test]
fn what_is_newly_wanted_begins() {
    let unwanted = unit("[Service]\nA=1\n", &[]);
    assert_eq!(
        actions("a.service", unwanted, Some(service("A=1\n")), &[]),
        ["begin a.service"]
    );
}

#[test]
fn only_what_runs_is_touched_where_that_is_known() {
    let (old, new) = hosts();
    let running = BTreeSet::from(["web.service".to_owned(), "hand.service".to_owned()]);
    let plan = difference::host(Some(&old), Some(&new), Some(&running));
    assert_eq!(plan.system.actions.reload, ["web.service"]);
    assert!(plan.system.actions.stop.is_empty());
}

#[test]
fn file_systems_are_unmounted_or_mounted_again() {
    let of = |fstab: &str, letter: &str| {
        let source = path(letter, "etc-fstab");
        host(json!({
            "system": {"toplevel": path(letter, "x"), "files": {"fstab": file(&source)}},
            "texts": {source: fstab},
        }))
    };
    let old = of(
        "/dev/a / ext4 rw 0 1\n/dev/b /srv/my-data ext4 rw 0 2\n/dev/c /old ext4 rw\n/dev/d none swap sw\n",
        "a",
    );
    let new = of(
        "/dev/a / ext4 noatime 0 1\n/dev/e /srv/my-data ext4 rw 0 2\n/dev/f /new ext4 rw\n",
        "b",
    );
    let actions = difference::host(Some(&old), Some(&new), None)
        .system
        .actions;
    assert_eq!(actions.reload, ["-.mount"]);
    assert_eq!(actions.restart, ["srv-my\\x2ddata.mount"]);
    assert_eq!(actions.stop, ["old.mount"]);
}
