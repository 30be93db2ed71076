//! `coop nix flake show`: the tree and the JSON that `nix flake show` prints of the same flake.

use std::process::Command;

const FLAKE: &str = r#"{
  outputs = { self }:
    let
      package = name: derivation {
        inherit name;
        builder = "b";
        system = "x86_64-linux";
      } // { meta.description = "the ${name}"; };
    in
    {
      packages.x86_64-linux = { default = package "a"; other = 1; };
      packages.aarch64-linux.default = package "a";
      packages.i686-linux = { };
      checks.x86_64-linux.c = package "c";
      devShells.x86_64-linux.default = package "shell";
      formatter.x86_64-linux = package "fmt";
      legacyPackages.x86_64-linux = { x = package "x"; broken = throw "no"; };
      hydraJobs.a.b = package "job";
      apps.x86_64-linux.default = { type = "app"; program = "/x"; meta.description = "runs"; };
      templates.t = { path = ./.; description = "a start"; };
      overlays.default = final: prev: { };
      nixosModules.m = { };
      nixosConfigurations.h = throw "never looked at";
      lib.f = x: x;
    };
}"#;

fn show(arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("flake.nix"), FLAKE).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_coop"))
        .args(["nix", "flake", "show", "--system", "x86_64-linux"])
        .args(arguments)
        .arg("path:.")
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    // The first line names the folder and its hash.
    match text.split_once('\n') {
        Some((first, rest)) if first.starts_with("path:") => rest.to_owned(),
        _ => text,
    }
}

#[test]
fn outputs_are_shown_as_a_tree() {
    insta::assert_snapshot!(show(&[]));
}

#[test]
fn legacy_packages_and_other_systems_are_shown_on_request() {
    insta::assert_snapshot!(show(&["--legacy", "--all-systems"]));
}

#[test]
fn outputs_are_shown_as_json() {
    insta::assert_snapshot!(show(&["--json"]));
}

#[test]
fn messages_name_files_of_a_working_tree_where_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().canonicalize().unwrap();
    let flake =
        r#"{ outputs = { self }: { f = import ./f.nix; bad = throw "no"; at = "${self}"; }; }"#;
    std::fs::write(folder.join("flake.nix"), flake).unwrap();
    std::fs::write(folder.join("f.nix"), "x: x").unwrap();
    let git = |arguments: &[&str]| {
        let done = Command::new("git")
            .args(arguments)
            .current_dir(&folder)
            .output()
            .unwrap();
        assert!(done.status.success());
    };
    git(&["init", "-q"]);
    git(&["add", "."]);
    let eval = |attribute: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_coop"))
            .args(["nix", "eval", attribute])
            .current_dir(&folder)
            .output()
            .unwrap();
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        text.replace(&*folder.to_string_lossy(), "HERE")
    };
    assert!(eval(".#f").starts_with("«lambda @ HERE/f.nix:1:1»"));
    assert!(eval(".#bad").contains("  at HERE/flake.nix:1:"));
    assert!(eval(".#at").starts_with("\"/nix/store/"));
}
