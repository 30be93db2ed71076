//! Saved values of a small tree that stands for nixpkgs: whatever is done to its files behind coop's
//! back, an evaluation that could use what was saved gives what one without gives.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

const FILES: [(&str, &str); 7] = [
    (
        "lib/default.nix",
        "{ systems = import ./systems/default.nix; range = import ./range.nix; }",
    ),
    (
        "lib/systems/default.nix",
        "rec { elaborate = system: { inherit system; isLinux = true; }; }",
    ),
    ("lib/range.nix", "n: builtins.genList (i: i + 1) n"),
    (
        "pkgs/top-level/default.nix",
        r#"
        { localSystem, config ? { } }:
        let
          lib = import ../../lib/default.nix;
          platform = lib.systems.elaborate localSystem;
          package = n: derivation {
            name = "package-${toString n}";
            inherit (platform) system;
            builder = import ../builder.nix;
            src = ../source;
            variable = builtins.getEnv "COOP_TEST_VARIABLE";
          };
        in
        builtins.listToAttrs (map (n: { name = "p${toString n}"; value = package n; }) (lib.range 30))
        // {
          byName = builtins.attrNames (builtins.readDir ../by-name);
          extra = if builtins.pathExists ../extra.nix then import ../extra.nix else "none";
        }
        "#,
    ),
    ("pkgs/builder.nix", "\"/bin/sh\""),
    ("pkgs/source/folder/file", "text"),
    ("pkgs/by-name/a/package.nix", "{ }"),
];

struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        for (path, text) in FILES {
            let path = place.at(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        place
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.path().join("tree").join(path)
    }

    fn eval(&self, cache: &Path, variable: &str) -> Output {
        let program = "let pkgs = import (toString ./. + \"/tree/pkgs/top-level/default.nix\")
              { localSystem = \"x86_64-linux\"; };
            in [ (builtins.mapAttrs (name: value: value.drvPath or value) pkgs) ]";
        self.eval_as(&["--strict", "--json"], program, cache, variable)
    }

    fn eval_as(&self, switches: &[&str], program: &str, cache: &Path, variable: &str) -> Output {
        Command::new(env!("CARGO_BIN_EXE_coop"))
            .args(["nix", "eval", "--stats", "-E", program])
            .args(switches)
            .current_dir(self.0.path())
            .env("XDG_CACHE_HOME", cache)
            .env("COOP_TEST_VARIABLE", variable)
            .output()
            .unwrap()
    }

    /// What an evaluation gives that may use what was saved, and whether it did.
    fn warm(&self, variable: &str) -> (Option<i32>, String, String, bool) {
        let cache = self.0.path().join("cache");
        let output = self.eval(&cache, variable);
        let error = String::from_utf8(output.stderr).unwrap();
        let (error, stats) = error.rsplit_once("{\"files\"").unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stdout).unwrap(),
            error.to_owned(),
            stats.contains("\"sharedCalls\":1,"),
        )
    }

    /// What one gives that has nothing to use.
    fn fresh(&self, variable: &str) -> (Option<i32>, String, String) {
        let cache = tempfile::tempdir().unwrap();
        let output = self.eval(cache.path(), variable);
        let error = String::from_utf8(output.stderr).unwrap();
        let (error, _) = error.rsplit_once("{\"files\"").unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        (output.status.code(), printed, error.to_owned())
    }
}

/// Files that were written just now are not believed to stay as they are.
fn settle() {
    std::thread::sleep(Duration::from_millis(3100));
}

/// Other text of the same length, with the times that the file had.
fn replace_unseen(path: &Path, text: &str) {
    let before = fs::metadata(path).unwrap();
    assert_eq!(before.len(), text.len() as u64);
    fs::write(path, text).unwrap();
    let file = fs::File::options().write(true).open(path).unwrap();
    file.set_modified(before.modified().unwrap_or(SystemTime::UNIX_EPOCH))
        .unwrap();
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn move_and_link(path: &Path) {
    let moved = path.with_extension("moved");
    fs::rename(path, &moved).unwrap();
    symlink(&moved, path).unwrap();
}

type Change = fn(&Place);

const CHANGES: [(&str, Change); 14] = [
    ("a file, its length and time the same", |place| {
        replace_unseen(&place.at("pkgs/builder.nix"), "\"/bin/ok\"");
    }),
    ("a file of the library, unseen", |place| {
        replace_unseen(
            &place.at("lib/range.nix"),
            "n: builtins.genList (i: i + 2) n",
        );
    }),
    ("a file in a source, unseen", |place| {
        replace_unseen(&place.at("pkgs/source/folder/file"), "next");
    }),
    ("a file more in a source", |place| {
        fs::write(place.at("pkgs/source/folder/more"), "").unwrap();
    }),
    ("an empty folder more in a source", |place| {
        fs::create_dir(place.at("pkgs/source/empty")).unwrap();
    }),
    ("a file that is a program now", |place| {
        mode(&place.at("pkgs/source/folder/file"), 0o755);
    }),
    ("a file that was looked for and is there now", |place| {
        fs::write(place.at("pkgs/extra.nix"), "\"some\"").unwrap();
    }),
    ("a file that is gone", |place| {
        fs::remove_file(place.at("pkgs/builder.nix")).unwrap();
    }),
    ("a folder more in a folder that is listed", |place| {
        fs::create_dir(place.at("pkgs/by-name/b")).unwrap();
    }),
    ("a folder with another name", |place| {
        fs::rename(place.at("pkgs/by-name/a"), place.at("pkgs/by-name/c")).unwrap();
    }),
    ("a file that cannot be read as text any more", |place| {
        fs::remove_file(place.at("pkgs/builder.nix")).unwrap();
        fs::create_dir(place.at("pkgs/builder.nix")).unwrap();
    }),
    ("a source that is a link now", |place| {
        move_and_link(&place.at("pkgs/source"));
    }),
    ("a file that is another one, with its times", |place| {
        let file = place.at("pkgs/builder.nix");
        let other = place.at("pkgs/other");
        fs::write(&other, "\"/bin/xx\"").unwrap();
        let time = fs::metadata(&file).unwrap().modified().unwrap();
        let opened = fs::File::options().write(true).open(&other).unwrap();
        opened.set_modified(time).unwrap();
        fs::rename(other, file).unwrap();
    }),
    ("a whole library that is another one", |place| {
        fs::rename(place.at("lib"), place.at("before")).unwrap();
        fs::create_dir_all(place.at("lib/systems")).unwrap();
        for (path, text) in FILES.iter().filter(|(path, _)| path.starts_with("lib/")) {
            fs::write(place.at(path), text.replace("i + 1", "i + 3")).unwrap();
        }
    }),
];

fn check(name: &str, change: Change) {
    let place = Place::new();
    settle();
    let before = place.fresh("");
    assert_eq!(before.0, Some(0), "{name}: {}", before.2);
    place.warm("");
    let (code, printed, error, used) = place.warm("");
    assert_eq!((code, printed, error), before, "{name}");
    assert!(used, "{name}: nothing was saved");
    change(&place);
    let expected = place.fresh("");
    assert_ne!(expected, before, "{name}: this cannot be seen");
    for turn in 0..2 {
        let (code, printed, error, _) = place.warm("");
        assert_eq!((code, printed, error), expected, "{name}, turn {turn}");
    }
}

#[test]
fn whatever_is_done_to_files_is_noticed() {
    std::thread::scope(|scope| {
        for (name, change) in CHANGES {
            scope.spawn(move || check(name, change));
        }
    });
}

#[test]
fn another_environment_is_noticed() {
    let place = Place::new();
    settle();
    for variable in ["", "a", "a", "b", ""] {
        let (code, printed, error, _) = place.warm(variable);
        assert_eq!((code, printed, error), place.fresh(variable), "{variable}");
    }
}

#[test]
fn links_that_lead_to_the_same_change_nothing() {
    let place = Place::new();
    settle();
    let expected = place.fresh("");
    for path in ["pkgs/builder.nix", "lib", "pkgs/by-name"] {
        place.warm("");
        move_and_link(&place.at(path));
        assert_eq!(place.fresh(""), expected, "{path}");
        let (code, printed, error, _) = place.warm("");
        assert_eq!((code, printed, error), expected, "{path}");
    }
}

/// What is printed, what is said, and whether saved values were used.
fn shown(place: &Place, switches: &[&str], body: &str) -> (String, String, bool) {
    let program = format!(
        "let pkgs = import (toString ./. + \"/tree/pkgs/top-level/default.nix\")
          {{ localSystem = \"x86_64-linux\"; }};
        in {body}"
    );
    let cache = place.0.path().join("cache");
    let output = place.eval_as(switches, &program, &cache, "");
    let error = String::from_utf8(output.stderr).unwrap();
    let (said, rest) = error.split_once('{').unwrap();
    let (stats, report) = rest.split_once("}\n").unwrap();
    (
        String::from_utf8(output.stdout).unwrap(),
        format!("{said}{}", report.lines().next().unwrap_or_default()),
        stats.contains("\"sharedCalls\":1,"),
    )
}

/// Saved values are used where nobody can see what was forced before, and nowhere else.
#[test]
fn what_others_forced_is_never_shown() {
    let place = Place::new();
    settle();
    let name = "pkgs.p1.name";
    for _ in 0..2 {
        place.warm("");
    }
    let text = |text: &str| text.to_owned();
    let raw = shown(&place, &["--raw"], name);
    assert_eq!(raw, (text("package-1"), String::new(), true));
    let plain = shown(&place, &[], name);
    assert_eq!(plain, (text("\"package-1\"\n"), String::new(), true));
    let set = shown(&place, &[], "{ inherit (pkgs.p1) name; f = x: x; }");
    let printed = text("{ f = <CODE>; name = <CODE>; }\n");
    assert_eq!(set, (printed, String::new(), false));
    let traced = shown(&place, &[], &format!("builtins.trace \"once\" {name}"));
    let printed = text("\"package-1\"\n");
    assert_eq!(traced, (printed, text("trace: once\n"), false));
    let failed = shown(&place, &["--raw"], "{ inherit (pkgs.p1) name; f = x: x; }");
    let report = "error: cannot coerce a set to a string: { f = «thunk»; name = «thunk»; }";
    assert_eq!(failed, (String::new(), text(report), false));
}
