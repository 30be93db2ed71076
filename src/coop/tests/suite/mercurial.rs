//! `fetchMercurial`: how the program `hg` is asked, and what comes of its answers. What a real one
//! answers is compared with Nix by `tests/oracle/mercurial`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

const REV: &str = "0123456789012345678901234567890123456789";

/// A program that knows one commit and writes down what it is asked.
const HG: &str = r#"#!/bin/sh
printf '%s ' "$@" >>"$ASKED"; echo >>"$ASKED"
case $1 in
  clone) /bin/mkdir -p "$5/.hg" ;;
  pull) ;;
  log) case "$*" in
    *nowhere*) echo "abort: unknown revision 'nowhere'" >&2; exit 255 ;;
    *"--template 1"*) printf 1 ;;
    *) printf '0123456789012345678901234567890123456789 7 default' ;;
  esac ;;
  archive) echo committed >"$6/hello"; : >"$6/.hg_archival.txt" ;;
  branch) echo default ;;
  status) [ ! -e "$3/changed" ] || case "$*" in
    *--print0*) printf 'hello\0' ;;
    *) echo 'M hello' ;;
  esac ;;
esac
"#;

struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        fs::create_dir(place.path().join("bin")).unwrap();
        let program = place.path().join("bin/hg");
        fs::write(&program, HG).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        fs::create_dir_all(place.path().join("repo/.hg")).unwrap();
        fs::write(place.path().join("repo/hello"), "changed\n").unwrap();
        fs::write(place.path().join("repo/unknown"), "").unwrap();
        place
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn eval(&self, program: &str) -> Output {
        Command::new(env!("CARGO_BIN_EXE_coop"))
            .args(["nix", "eval", "--json", "-E", program])
            .current_dir(self.path())
            .env("PATH", self.path().join("bin"))
            .env("ASKED", self.path().join("asked"))
            .env("XDG_CACHE_HOME", self.path().join("cache"))
            .output()
            .unwrap()
    }

    fn value(&self, program: &str) -> String {
        let output = self.eval(program);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{error}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// The commands that were asked for since the last time.
    fn asked(&self) -> Vec<String> {
        let text = fs::read_to_string(self.path().join("asked")).unwrap();
        fs::remove_file(self.path().join("asked")).unwrap();
        let words = text.lines().map(|line| line.split(' ').next().unwrap());
        words.map(str::to_owned).collect()
    }
}

#[test]
fn a_commit_is_fetched_once() {
    let place = Place::new();
    let program = "let r = fetchMercurial ./repo; in \
                   [ r.branch r.rev r.revCount r.shortRev (builtins.readDir r) ]";
    let expected = format!(r#"["default","{REV}",7,"012345678901",{{"hello":"regular"}}]"#);
    assert_eq!(place.value(program), expected);
    assert_eq!(place.asked(), ["status", "clone", "log", "archive"]);
    assert_eq!(place.value(program), expected);
    assert_eq!(place.asked(), ["status", "pull", "log"]);
    let program = format!(
        "builtins.readFile (fetchMercurial {{ url = ./repo; rev = \"{REV}\"; }} + \"/hello\")"
    );
    assert_eq!(place.value(&program), r#""committed\n""#);
    assert_eq!(place.asked(), ["log", "log"]);
}

#[test]
fn changed_files_are_taken_as_they_are() {
    let place = Place::new();
    fs::write(place.path().join("repo/changed"), "").unwrap();
    let program = "let r = fetchMercurial { url = ./repo; name = \"n\"; }; in \
                   [ r.rev (r ? revCount) (builtins.readDir r) (builtins.readFile \"${r}/hello\") ]";
    let none = "0".repeat(40);
    let expected = format!(r#"["{none}",false,{{"hello":"regular"}},"changed\n"]"#);
    assert_eq!(place.value(program), expected);
}

#[test]
fn what_goes_wrong_is_said() {
    let place = Place::new();
    let said = |program: &str| {
        let output = place.eval(program);
        assert_eq!(output.status.code(), Some(1));
        let text = String::from_utf8(output.stderr).unwrap();
        text.lines().next().unwrap().to_owned()
    };
    let unknown = said("fetchMercurial { url = ./repo; rev = \"nowhere\"; }");
    assert!(
        unknown.ends_with("abort: unknown revision 'nowhere'"),
        "{unknown}"
    );
    fs::remove_file(place.path().join("bin/hg")).unwrap();
    let absent = said("fetchMercurial \"https://example.org/repo\"");
    assert!(
        absent
            .starts_with("error: cannot fetch from a Mercurial repository without the program hg"),
        "{absent}"
    );
}
