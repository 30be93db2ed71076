//! The command line as people and CI use it.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::support::top;

/// Runs coop where there is no nixpkgs: evaluation has tests of its own.
fn coop(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_coop"))
        .current_dir(folder)
        .env_remove("COOP_NIXPKGS")
        .env("XDG_CACHE_HOME", folder.join("nothing-cached"))
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn text(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

/// A fresh folder with a fleet that `coop init` made.
fn initialised() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHo1bkeyCOSJalb1KRrovHsIAK4h7R22J7/joBDMkzCy";
    let made = coop(
        folder.path(),
        &[
            "init",
            "--name",
            "Rochdale \"Pioneers\"",
            "--email",
            "ann@rochdale.example",
            "--domain",
            "social.rochdale.example",
            "--ipv4",
            "203.0.113.7",
            "--ssh-key",
            key,
        ],
    );
    assert_eq!(text(&made).0, Some(0), "{}", text(&made).2);
    // A revision that is in no store.
    let lock = r#"{"nodes":{"nixpkgs":{"locked":{"lastModified":1,"narHash":"sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","owner":"NixOS","repo":"nixpkgs","rev":"0000000000000000000000000000000000000000","type":"github"},"original":{"owner":"NixOS","ref":"nixos-26.05","repo":"nixpkgs","type":"github"}},"root":{"inputs":{"nixpkgs":"nixpkgs"}}},"root":"root","version":7}"#;
    fs::write(folder.path().join("flake.lock"), lock).unwrap();
    folder
}

#[test]
fn the_example_checks_out_and_says_that_it_was_not_evaluated() {
    let (status, stdout, _) = text(&coop(&top(), &["check", "--quick"]));
    assert_eq!(status, Some(0));
    assert!(
        stdout.lines().next().unwrap().contains("NOT EVALUATED"),
        "{stdout}"
    );
}

#[test]
fn requiring_an_evaluation_that_did_not_happen_is_a_finding() {
    let folder = initialised();
    let (status, stdout, _) = text(&coop(folder.path(), &["check"]));
    assert_eq!(status, Some(0));
    assert!(stdout.contains("· NOT EVALUATED\n"), "{stdout}");
    assert!(stdout.contains("--nixpkgs or COOP_NIXPKGS"), "{stdout}");
    let required = coop(folder.path(), &["check", "--require", "evaluation"]);
    let (status, _, stderr) = text(&required);
    assert_eq!(status, Some(1));
    assert!(stderr.contains("E0801"), "{stderr}");
}

#[test]
fn a_nixpkgs_that_is_none_is_no_finding_but_a_failure() {
    let folder = initialised();
    let (status, _, stderr) = text(&coop(folder.path(), &["check", "--nixpkgs", "nowhere"]));
    assert_eq!(status, Some(2));
    assert!(
        stderr.contains("nowhere, which --nixpkgs names, is no nixpkgs"),
        "{stderr}"
    );
}

#[test]
fn exit_codes_tell_findings_from_failures() {
    let folder = initialised();
    assert_eq!(text(&coop(folder.path(), &["check"])).0, Some(0));
    let path = folder.path().join("coop.toml");
    let sound = fs::read_to_string(&path).unwrap();
    fs::write(
        &path,
        format!("{sound}\n[allowlists.spare]\ndomains = [\"spare.example\"]\n"),
    )
    .unwrap();
    assert_eq!(
        text(&coop(folder.path(), &["check"])).0,
        Some(0),
        "a warning is no failure"
    );
    assert_eq!(
        text(&coop(folder.path(), &["check", "--deny", "warnings"])).0,
        Some(1)
    );
    fs::write(&path, sound.replace("host = ", "hots = ")).unwrap();
    assert_eq!(text(&coop(folder.path(), &["check"])).0, Some(1));
    assert_eq!(text(&coop(folder.path(), &["chekc"])).0, Some(2));
    assert_eq!(
        text(&coop(folder.path(), &["init"])).0,
        Some(2),
        "it is there already"
    );
    assert_eq!(text(&coop(folder.path(), &["explain", "E9999"])).0, Some(2));
}

#[test]
fn a_missing_coop_toml_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let (status, _, stderr) = text(&coop(folder.path(), &["check"]));
    assert_eq!(status, Some(1));
    assert!(stderr.contains("coop init"), "{stderr}");
}

#[test]
fn edits_keep_comments_and_order() {
    let folder = initialised();
    let path = folder.path().join("coop.toml");
    let before = fs::read_to_string(&path).unwrap();
    let run = |arguments: &[&str]| {
        let (status, _, stderr) = text(&coop(folder.path(), arguments));
        assert_eq!(status, Some(0), "{arguments:?}: {stderr}");
    };
    run(&["add", "domain", "weavers.example", "--to", "members"]);
    run(&[
        "add",
        "block",
        "spam.example",
        "--to",
        "floor",
        "--ground",
        "spam",
        "--reason",
        "It's spam",
    ]);
    run(&[
        "add",
        "instance",
        "second",
        "--domain",
        "second.example",
        "--host",
        "web1",
    ]);
    let edited = fs::read_to_string(&path).unwrap();
    assert!(
        edited.contains("\"rochdale.example\", \"weavers.example\""),
        "{edited}"
    );
    assert!(
        edited.contains("[[policies.floor.blocks]]\ndomain = \"spam.example\""),
        "{edited}"
    );
    assert!(edited.contains("[instances.second]"), "{edited}");
    run(&["remove", "instance", "second"]);
    run(&["remove", "block", "spam.example", "--from", "floor"]);
    run(&["remove", "domain", "weavers.example", "--from", "members"]);
    assert_eq!(fs::read_to_string(&path).unwrap(), before);
}

#[test]
fn an_edit_that_would_break_the_fleet_changes_nothing() {
    let folder = initialised();
    let path = folder.path().join("coop.toml");
    let before = fs::read_to_string(&path).unwrap();
    let politics = [
        "add",
        "block",
        "party.example",
        "--to",
        "floor",
        "--ground",
        "decision",
    ];
    let (status, _, stderr) = text(&coop(folder.path(), &politics));
    assert_eq!(status, Some(1));
    assert!(
        stderr.contains("E0401") && stderr.contains("unchanged"),
        "{stderr}"
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), before);
}

#[test]
fn who_tells_join_from_apply_from_neither() {
    let (_, stdout, _) = text(&coop(&top(), &["who", "ann@students.webarch.net"]));
    insta::assert_snapshot!("who-subdomain", stdout);
    let (_, stdout, _) = text(&coop(&top(), &["who", "ann@stage.theatre.example"]));
    assert!(
        stdout.contains("theatre (theatre.example): may join"),
        "{stdout}"
    );
    assert_eq!(text(&coop(&top(), &["who", "ann"])).0, Some(2));
}

#[test]
fn show_says_where_each_value_came_from() {
    insta::assert_snapshot!("show", text(&coop(&top(), &["show", "socialmedia"])).1);
    insta::assert_snapshot!("show-external", text(&coop(&top(), &["show", "git"])).1);
}

#[test]
fn show_names_what_there_is() {
    let show = |folder: &Path, name: &str| text(&coop(folder, &["show", name])).2;
    let all = "allotments, forum, git, mastodon-dev, socialmedia, theatre, union";
    assert_eq!(
        show(&top(), "nope"),
        format!("error: there is no instance nope; there are {all}\n")
    );
    assert_eq!(
        show(&top(), "forun"),
        format!("error: there is no instance forun; did you mean forum? There are {all}\n")
    );
    let folder = initialised();
    assert_eq!(
        show(folder.path(), "nope"),
        "error: there is no instance nope; there is only social\n"
    );
    let path = folder.path().join("coop.toml");
    let mut sound = fs::read_to_string(&path).unwrap();
    for number in 0..30 {
        let _ = write!(
            sound,
            "[instances.x{number:02}]\nservice = \"discourse\"\nexternal = true\ndomain = \"x{number}.example\"\n"
        );
    }
    fs::write(&path, sound).unwrap();
    let said = show(folder.path(), "nope");
    assert!(said.ends_with(", x18 and 11 more\n"), "{said}");
    let empty = "[fleet]\nname = \"Empty\"\ncontact = \"a@coop.example\"\nnixos = \"26.05\"\n";
    fs::write(&path, empty).unwrap();
    assert!(show(folder.path(), "nope").contains("coop add instance --help"));
}

#[test]
fn what_the_system_says_is_said_once() {
    let folder = initialised();
    fs::write(folder.path().join("file"), "").unwrap();
    for arguments in [
        ["generate", "--out", "/proc/nowhere"],
        ["generate", "--out", "file"],
        ["generate", "--out", "file/below"],
        ["report", "--out", "/proc/nowhere"],
        ["report", "--out", "file/below"],
    ] {
        let (status, stdout, stderr) = text(&coop(folder.path(), &arguments));
        assert_eq!((status, stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(stderr.starts_with("error: "), "{stderr}");
        assert_eq!(stderr.matches("os error").count(), 1, "{stderr}");
    }
}

#[test]
fn plan_speaks_of_people() {
    let folder = initialised();
    let git = |arguments: &[&str]| {
        let identity = [
            "-c",
            "user.name=t",
            "-c",
            "user.email=t@t.example",
            "-c",
            "commit.gpgsign=false",
        ];
        let done = Command::new("git")
            .current_dir(folder.path())
            .args(identity)
            .args(arguments)
            .output();
        assert!(done.unwrap().status.success(), "{arguments:?}");
    };
    git(&["init", "-q"]);
    git(&["add", "."]);
    git(&["commit", "-qm", "First"]);
    let (status, stdout, _) = text(&coop(folder.path(), &["plan"]));
    assert_eq!(status, Some(0));
    assert!(stdout.contains("nothing changes for anybody"), "{stdout}");
    assert!(
        stdout.contains("hosts: NOT EVALUATED: nixpkgs is not"),
        "{stdout}"
    );
    let arguments = ["plan", "--fail-on-change", "--quick"];
    assert_eq!(text(&coop(folder.path(), &arguments)).0, Some(0));
    coop(
        folder.path(),
        &["add", "domain", "weavers.example", "--to", "members"],
    );
    coop(
        folder.path(),
        &[
            "add",
            "block",
            "spam.example",
            "--to",
            "floor",
            "--ground",
            "spam",
        ],
    );
    coop(
        folder.path(),
        &[
            "add",
            "instance",
            "second",
            "--domain",
            "second.example",
            "--host",
            "web1",
        ],
    );
    let stdout = text(&coop(folder.path(), &["plan"])).1;
    let stdout = stdout.split_once('\n').unwrap().1.to_owned();
    insta::assert_snapshot!("plan", stdout);
    assert_eq!(
        text(&coop(folder.path(), &["plan", "--against", "nowhere"])).0,
        Some(1)
    );
    assert_eq!(text(&coop(folder.path(), &arguments)).0, Some(1));
    for (form, name) in [("markdown", "plan-markdown"), ("json", "plan-json")] {
        let (status, stdout, _) =
            text(&coop(folder.path(), &["plan", "--quick", "--format", form]));
        assert_eq!(status, Some(0));
        insta::with_settings!({filters => vec![("[0-9a-f]{12,40}", "COMMIT")]}, {
            insta::assert_snapshot!(name, stdout);
        });
    }
    let made = coop(folder.path(), &["plan", "--quick", "--format", "json"]);
    fs::write(folder.path().join("plan.json"), &made.stdout).unwrap();
    let page = text(&coop(folder.path(), &["report", "--plan", "plan.json"])).1;
    assert!(page.contains("<dd>weavers.example may join</dd>"), "{page}");
    assert!(page.contains("against the revision HEAD ("), "{page}");
    let other = String::from_utf8(made.stdout).unwrap();
    let other = other.replacen("\"fleet\": \"", "\"fleet\": \"Not ", 1);
    fs::write(folder.path().join("plan.json"), other).unwrap();
    let (status, _, stderr) = text(&coop(folder.path(), &["report", "--plan", "plan.json"]));
    assert_eq!(status, Some(2), "{stderr}");
    assert!(stderr.contains("is a plan of the fleet \"Not "), "{stderr}");
}

#[test]
fn plan_says_what_it_cannot_compare_with() {
    let folder = initialised();
    let refused = |arguments: &[&str]| {
        let (status, _, stderr) = text(&coop(folder.path(), arguments));
        assert_eq!(status, Some(1), "{stderr}");
        stderr
    };
    fs::write(folder.path().join("a.json"), "{\"version\": 99}").unwrap();
    let said = refused(&["plan", "--against-file", "a.json"]);
    assert!(said.contains("saved plan of form 99"), "{said}");
    let said = refused(&["plan", "--against-file", "b.json"]);
    assert!(said.contains("cannot be read"), "{said}");
    let said = refused(&["plan", "--host", "nowhere"]);
    assert!(said.contains("there is no host nowhere"), "{said}");
    let (status, _, stderr) = text(&coop(
        folder.path(),
        &["plan", "--save", "plan.json", "--deployed"],
    ));
    assert_eq!(status, Some(2), "{stderr}");
    assert!(stderr.contains("nothing is saved: nixpkgs"), "{stderr}");
}

#[test]
fn report_writes_a_page() {
    let folder = initialised();
    let at = |name: &str| folder.path().join(name);
    let (status, stdout, stderr) = text(&coop(folder.path(), &["report"]));
    assert_eq!((status, stderr.as_str()), (Some(0), ""));
    assert!(stdout.starts_with("<!doctype html>"), "{stdout}");
    fs::write(at("page.html"), "what was there").unwrap();
    let written = coop(folder.path(), &["report", "--out", "page.html"]);
    assert_eq!(text(&written), (Some(0), String::new(), String::new()));
    assert_eq!(fs::read_to_string(at("page.html")).unwrap(), stdout);
    let (status, public, _) = text(&coop(folder.path(), &["report", "--public"]));
    assert_eq!(status, Some(0));
    assert!(stdout.contains("203.0.113.7") && !public.contains("203.0.113.7"));
    let names = fs::read_dir(folder.path()).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name());
    assert!(
        !names
            .into_iter()
            .any(|name| name.to_string_lossy().ends_with(".new")),
        "nothing half-written stays"
    );
}

#[test]
fn report_says_what_it_cannot_do() {
    let folder = initialised();
    let refused = |arguments: &[&str]| {
        let (status, stdout, stderr) = text(&coop(folder.path(), arguments));
        assert_eq!((status, stdout.as_str()), (Some(2), ""), "{arguments:?}");
        stderr
    };
    assert_eq!(
        refused(&["report", "--out", "nowhere/page.html"]),
        "error: nowhere/page.html cannot be written: No such file or directory (os error 2)\n"
    );
    assert_eq!(
        refused(&["report", "--plan", "plan.json"]),
        "error: plan.json cannot be read: No such file or directory (os error 2)\n"
    );
    fs::write(folder.path().join("plan.json"), "{}").unwrap();
    let said = refused(&["report", "--plan", "plan.json"]);
    assert!(
        said.contains("make one with `coop plan --format json`"),
        "{said}"
    );
    assert_eq!(said.lines().count(), 1, "{said}");
    let said = refused(&["report", "--plan", "plan.json", "--public"]);
    assert!(said.contains("cannot be used with"), "{said}");
    let broken = "[hosts.web1]\nipv4 = 3\n";
    fs::write(folder.path().join("coop.toml"), broken).unwrap();
    assert_eq!(text(&coop(folder.path(), &["report"])).0, Some(1));
}

#[test]
fn report_takes_the_day_that_a_build_gives() {
    let folder = initialised();
    let on = |epoch: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_coop"))
            .current_dir(folder.path())
            .env("SOURCE_DATE_EPOCH", epoch)
            .args(["report", "--public"])
            .output();
        text(&output.unwrap())
    };
    assert!(on("1801526400").1.contains("2 February 2027"));
    let (status, _, stderr) = on("tomorrow");
    assert_eq!(status, Some(2));
    assert!(stderr.contains("seconds since 1970"), "{stderr}");
}

#[test]
fn the_whole_command_line_is_known() {
    let mut help = text(&coop(&top(), &["--help"])).1;
    for command in [
        "init",
        "check",
        "watch",
        "who",
        "show",
        "add",
        "remove",
        "generate",
        "plan",
        "report",
        "catalogue",
        "cache",
        "schema",
        "explain",
        "completions",
        "man",
    ] {
        help.push_str("\n--- ");
        help.push_str(command);
        help.push('\n');
        help.push_str(&text(&coop(&top(), &[command, "--help"])).1);
    }
    help.push_str("\n--- catalogue build\n");
    help.push_str(&text(&coop(&top(), &["catalogue", "build", "--help"])).1);
    insta::assert_snapshot!("help", help);
}

#[test]
fn a_closed_pipe_is_no_failure() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_coop"))
        .args(["completions", "bash"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert!(
        output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
