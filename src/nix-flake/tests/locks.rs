//! Lock files: what is read, how it is written, how it is computed. Texts under `data/locks` were
//! written by Nix 2.34.8 from the trees that the tests make.

use std::path::Path;
use std::process::Command;

use nix_flake::lock::{LockFile, LockOptions, diff};
use nix_flake::session::{Source, open};
use nix_flake::{FlakeRef, ParseOptions};

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/locks");

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let at = folder.join(name);
        std::fs::create_dir_all(at.parent().expect("it lies in the folder")).expect("make folders");
        std::fs::write(at, text).expect("write a file");
    }
}

fn lock(folder: &Path, change: impl FnOnce(&mut LockOptions)) -> nix_flake::Result<LockFile> {
    let mut options = LockOptions {
        write: false,
        use_registries: false,
        ..LockOptions::default()
    };
    change(&mut options);
    let source = Source::Folder(folder.to_owned());
    open(&source, &options).map(|(_, locked)| locked.lock_file)
}

fn path_reference(folder: &Path) -> FlakeRef {
    let text = format!("path:{}", folder.display());
    FlakeRef::parse(&text, ParseOptions::default()).expect("a path is a reference")
}

#[test]
fn what_nix_wrote_is_written_again_byte_for_byte() {
    for entry in std::fs::read_dir(DATA).expect("the folder is there") {
        let at = entry.expect("it can be listed").path();
        let text = std::fs::read_to_string(&at).expect("it can be read");
        let lock = LockFile::parse(&text, &at.to_string_lossy()).expect("Nix wrote it");
        assert_eq!(lock.to_text().0 + "\n", text, "{}", at.display());
    }
}

#[test]
fn older_versions_are_read() {
    let text = r#"{
      "version": 5, "root": "root",
      "nodes": {
        "root": { "inputs": { "a": "a" } },
        "a": {
          "info": { "lastModified": 7, "narHash": "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" },
          "locked": { "type": "github", "owner": "o", "repo": "r",
                      "rev": "a3a3dda3bacf61e8a39258a0ed9c924eeca8e293" },
          "original": { "type": "indirect", "id": "a" }
        }
      }
    }"#;
    let lock = LockFile::parse(text, "flake.lock").expect("version 5 is known");
    let written = lock.to_text().0;
    assert!(written.contains("\"version\": 7"));
    assert!(written.contains("\"lastModified\": 7"));
    assert!(!written.contains("info"));
}

#[test]
fn what_is_no_lock_file_is_refused() {
    for (text, reason) in [
        ("", "Could not parse"),
        ("[]", "unsupported version 0"),
        (r#"{"version": 8}"#, "unsupported version 8"),
        (r#"{"version": 7}"#, "lacks its nodes"),
        (
            r#"{"version":7,"root":"r","nodes":{"r":{"inputs":{"a":"a"}}}}"#,
            "references missing node 'a'",
        ),
        (
            r#"{"version":7,"root":"r","nodes":{"r":{"inputs":{"a":"r"}}}}"#,
            "cycle to root node",
        ),
        (
            r#"{"version":7,"root":"r","nodes":{"r":{"inputs":{"a":"a"}},"a":{"locked":{"type":"github","owner":"o","repo":"r"},"original":{"type":"indirect","id":"a"}}}}"#,
            "unlocked input",
        ),
    ] {
        let error = LockFile::parse(text, "flake.lock")
            .expect_err(text)
            .to_string();
        assert!(error.contains(reason), "{text}: {error}");
    }
}

#[test]
fn inputs_are_locked_followed_and_overridden() {
    let folder = tempfile::tempdir().expect("make a folder");
    let (top, dep, other) = (
        folder.path().join("top"),
        folder.path().join("dep"),
        folder.path().join("other"),
    );
    write(&dep, &[("flake.nix", "{ outputs = _: { }; }")]);
    write(&other, &[("flake.nix", "{ outputs = _: { other = 1; }; }")]);
    let text = format!(
        "{{ inputs = {{ dep.url = \"path:{}\"; sub = {{ url = \"path:./sub\"; inputs.dep.follows = \"dep\"; }}; }};
            outputs = _: {{ }}; }}",
        dep.display()
    );
    write(
        &top,
        &[
            ("flake.nix", &text),
            ("sub/flake.nix", "{ outputs = { self, dep }: { }; }"),
        ],
    );
    let locked = lock(&top, |_| {}).expect("all inputs are there");
    let text = locked.to_text().0;
    assert!(text.contains("\"parent\": []"), "{text}");
    let path = |names: &[&str]| {
        names
            .iter()
            .map(|&name| name.to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        locked.find(&path(&["sub", "dep"])).expect("no circle"),
        locked.find(&path(&["dep"])).expect("no circle")
    );
    let replaced = lock(&top, |options| {
        options
            .overrides
            .insert(path(&["dep"]), path_reference(&other));
    });
    let replaced = replaced.expect("the other flake is there");
    let changes = diff(&locked, &replaced);
    assert!(changes.starts_with("• Updated input 'dep':"), "{changes}");
    assert!(changes.contains("/other"), "{changes}");
    assert_eq!(diff(&locked, &locked), "");
}

#[test]
fn what_cannot_be_locked_is_explained() {
    let folder = tempfile::tempdir().expect("make a folder");
    for (text, reason) in [
        ("{ }", "lacks attribute 'outputs'"),
        ("1", "must be an attribute set"),
        (
            "{ outputs = _: { }; other = 1; }",
            "unsupported attribute 'other'",
        ),
        ("{ outputs = 1; }", "expected a function but got an integer"),
        (
            "{ inputs = import ./x; outputs = _: { }; }",
            "expected a set but got a thunk",
        ),
        (
            "{ inputs.a.url = 1 + 1; outputs = _: { }; }",
            "expected a string or a path but got a thunk",
        ),
        (
            "{ inputs.a.x = 1; outputs = _: { }; }",
            "unexpected flake input attribute 'x'",
        ),
        (
            "{ inputs.a.url = \"path:/no/such\"; outputs = _: { }; }",
            "/no/such",
        ),
        (
            "{ inputs.a.follows = \"b\"; outputs = _: { }; }",
            "follows a non-existent input 'b'",
        ),
        (
            "{ inputs.a.follows = \"a\"; outputs = _: { }; }",
            "follow cycle detected",
        ),
        (
            "{ outputs = { self, a }: { }; }",
            "registry lookups are not allowed",
        ),
        ("{ outputs = ", "syntax error"),
    ] {
        write(folder.path(), &[("flake.nix", text)]);
        let error = lock(folder.path(), |_| {}).expect_err(text).to_string();
        assert!(error.contains(reason), "{text}: {error}");
    }
}

#[test]
fn a_written_lock_file_belongs_to_the_tree_of_git() {
    let folder = tempfile::tempdir().expect("make a folder");
    let top = folder.path().join("top");
    write(
        &top,
        &[
            (
                "flake.nix",
                "{ inputs.sub.url = \"path:./sub\"; outputs = _: { }; }",
            ),
            ("sub/flake.nix", "{ outputs = _: { }; }"),
        ],
    );
    let git = |words: &[&str]| {
        let output = Command::new("git").arg("-C").arg(&top).args(words).output();
        let output = output.expect("git is there");
        assert!(output.status.success(), "{words:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    git(&["init", "--quiet"]);
    git(&["add", "--all"]);
    let text = format!("git+file://{}", top.display());
    let reference = FlakeRef::parse(&text, ParseOptions::default()).expect("it is a reference");
    let options = LockOptions {
        use_registries: false,
        ..LockOptions::default()
    };
    let source = Source::Reference(reference);
    open(&source, &options).expect("it can be locked");
    assert!(git(&["ls-files"]).contains("flake.lock"));
    let before = std::fs::read(top.join("flake.lock")).expect("it was written");
    let (fetcher, _) = open(&source, &options).expect("it is locked");
    assert!(
        !fetcher
            .warnings
            .iter()
            .any(|warning| warning.contains("lock file"))
    );
    assert_eq!(
        std::fs::read(top.join("flake.lock")).expect("it stays"),
        before
    );
}

#[test]
fn a_chain_of_inputs_that_has_no_end_in_sight_is_refused() {
    let node = |next: usize| {
        format!(
            r#"{{"inputs":{{"a":"n{next}"}},"locked":{{"type":"path","path":"/x","narHash":"sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}},"original":{{"type":"path","path":"/x"}}}}"#
        )
    };
    let nodes: Vec<String> = (0..20_000)
        .map(|index| format!(r#""n{index}":{}"#, node(index + 1)))
        .collect();
    let text = format!(
        r#"{{"nodes":{{"root":{{"inputs":{{"a":"n0"}}}},{}}},"root":"root","version":7}}"#,
        nodes.join(",")
    );
    let error = nix_flake::lock::LockFile::parse(&text, "flake.lock").unwrap_err();
    assert!(error.to_string().contains("more than 1000 deep"), "{error}");
}
