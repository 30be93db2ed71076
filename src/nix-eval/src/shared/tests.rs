//! An evaluation that uses what others saved gives what one without gives.

mod demands;
mod trees;

use crate::eval::{Detail, Evaluator, Settings, with_stack};
use crate::position::Origin;
use crate::print;
use crate::testing::Memory;

/// A nixpkgs with all that matters here.
const NIXPKGS: [(&str, &str); 6] = [
    (
        "/n/lib/default.nix",
        r"
        let lib = {
          inherit (import ./lists.nix { inherit lib; }) range;
          systems = import ./systems/default.nix { inherit lib; };
        }; in lib
        ",
    ),
    (
        "/n/lib/lists.nix",
        "{ lib }: { range = from: to: builtins.genList (n: from + n) (to - from + 1); }",
    ),
    (
        "/n/lib/systems/default.nix",
        r#"
        { lib }: rec {
          elaborate = systemOrArgs:
            let
              args = if builtins.isAttrs systemOrArgs then systemOrArgs else { system = systemOrArgs; };
              final = {
                inherit (args) system;
                isLinux = builtins.match ".*-linux" final.system != null;
                canExecute = platform: platform.system == final.system;
              };
            in
            final;
        }
        "#,
    ),
    (
        "/n/pkgs/top-level/default.nix",
        r#"
        let pristine = import ../../lib/default.nix; in
        { localSystem, config ? { }, overlays ? [ ], ... }@args:
        let
          lib = pristine;
          platform = lib.systems.elaborate localSystem;
          package = n: derivation {
            name = "package-${toString n}" + (config.suffix or "");
            inherit (platform) system;
            builder = import ./builder.nix;
          };
          all = builtins.listToAttrs (map (n: {
            name = "package${toString n}";
            value = package n // { override = new: package new; };
          }) (lib.range 1 30));
          traced = builtins.trace "made" (package 99);
          noise = builtins.trace "noise" "-noisy";
          noisy = n: derivation { name = toString n + noise; inherit (platform) system; builder = "/b"; };
          clocked = builtins.listToAttrs (map (n: {
            name = "clocked${toString n}";
            value = package (n + 100) // { drvPath = import ./clock.nix + (package (n + 100)).drvPath; };
          }) (lib.range 1 30));
          optional = if builtins.pathExists ./extra.nix then import ./extra.nix else "none";
        in
        builtins.foldl' (set: overlay: set // overlay set set)
          (all // {
            inherit lib traced optional platform clocked;
            inner = { deep = package 77; };
            noisy1 = noisy 1;
            noisy2 = noisy 2;
          }) overlays
        "#,
    ),
    ("/n/pkgs/top-level/builder.nix", "\"/bin/sh\""),
    (
        "/n/pkgs/top-level/clock.nix",
        "if builtins.currentTime > 0 then \"\" else null",
    ),
];

const PACKAGES: &str = "(import /n/pkgs/top-level/default.nix)";

/// The derivations of many packages, so that it is worth saving them.
pub(crate) fn many(arguments: &str) -> String {
    format!(
        "let pkgs = {PACKAGES} {arguments}; in \
         map (n: pkgs.\"package${{toString n}}\".drvPath) (pkgs.lib.range 1 30)"
    )
}

pub(crate) fn nixpkgs() -> Memory {
    let mut memory = Memory::default();
    for (path, text) in NIXPKGS {
        write(&mut memory, path, text);
    }
    memory
}

fn write(memory: &mut Memory, path: &str, text: &str) {
    memory.files.insert(path.into(), text.into());
}

/// What a program gives, or its error for people; and how many shared calls were known before.
fn run(memory: &Memory, program: &str, settings: Settings) -> (String, u64) {
    let world = memory.clone();
    let (answer, unshared) = with_stack(|| {
        let mut evaluator = Evaluator::new(settings, Box::new(world.clone())).unwrap();
        evaluator.start_on_this_stack();
        evaluator.share_calls("");
        let known = evaluator.shared.known.len();
        let value = evaluator
            .eval_text(program.as_bytes(), Origin::String, b"/")
            .and_then(|value| evaluator.force_deep(value))
            .and_then(|value| print::nix(&mut evaluator, value));
        let text = match value {
            Ok(bytes) => String::from_utf8(bytes).unwrap(),
            Err(raised) => {
                let error = evaluator.take_error(raised);
                evaluator.render(&error, Detail::Trace)
            }
        };
        let used = if known == 0 {
            0
        } else {
            evaluator.stats.shared_calls
        };
        ((text, used), evaluator.take_unshared())
    })
    .unwrap()
    .unwrap();
    if let Some(unshared) = unshared {
        let world = memory.clone();
        let quiet = move || Memory {
            said: std::sync::Arc::default(),
            read: std::sync::Arc::default(),
            ..world.clone()
        };
        unshared.save(quiet).unwrap();
    }
    answer
}

pub(crate) fn answer(memory: &Memory, program: &str) -> (String, u64) {
    run(memory, program, Settings::default())
}

/// What the program gives where nothing was saved.
fn fresh(memory: &Memory, program: &str) -> String {
    answer(&memory.fresh(), program).0
}

pub(crate) const LINUX: &str = r#"{ localSystem = "x86_64-linux"; }"#;

#[test]
fn packages_are_made_once() {
    let memory = nixpkgs();
    let program = many(LINUX);
    let expected = fresh(&memory, &program);
    assert_eq!(answer(&memory, &program), (expected.clone(), 0));
    assert_eq!(answer(&memory, &program), (expected, 1));
    let others = [
        "pkgs.package3",
        "pkgs.package3.override 8",
        "pkgs.inner.deep.drvPath",
        "pkgs.platform.isLinux",
        "map (name: pkgs.${name} ? override) (builtins.attrNames pkgs)",
        "builtins.unsafeGetAttrPos \"lib\" pkgs",
        "(pkgs // { package3 = 1; }).package3",
        "pkgs.package1 == pkgs.package1",
        "pkgs.package400",
        "pkgs.platform.canExecute 3",
        "builtins.functionArgs (import /n/pkgs/top-level/default.nix)",
    ];
    for expression in others {
        let program = format!("let pkgs = {PACKAGES} {LINUX}; in {expression}");
        assert_eq!(
            answer(&memory, &program).0,
            fresh(&memory, &program),
            "{expression}"
        );
    }
}

#[test]
fn calls_with_what_may_be_edited_are_saved_and_not_shared() {
    let mut memory = nixpkgs();
    let text = |system: &str| format!("{{ system = \"{system}\"; }}");
    write(&mut memory, "/tree/values.nix", &text("x86_64-linux"));
    let program = format!(
        r#"
        let
          system = (import /tree/values.nix).system;
          pkgs = system: {PACKAGES} {{ localSystem = system; }};
          lib = import /n/lib/default.nix;
          named = pkgs: builtins.genList (n: pkgs."package${{toString (n + 1)}}".drvPath) 30;
          edited = pkgs system;
          fixed = pkgs "x86_64-linux";
        in
        map named [
          edited
          fixed
          (pkgs (lib.systems.elaborate system))
          (pkgs (lib.systems.elaborate "x86_64-linux"))
          (pkgs (edited.lib.systems.elaborate "x86_64-linux"))
          (pkgs (fixed.lib.systems.elaborate system))
          (pkgs edited.platform.system)
        ]
        "#
    );
    let expected = |memory: &Memory| fresh(memory, &program);
    let world = memory.clone();
    let unshared = with_stack(|| {
        let mut evaluator = Evaluator::new(Settings::default(), Box::new(world.clone())).unwrap();
        evaluator.start_on_this_stack();
        evaluator.share_calls("");
        let wanted = (b"values.nix".to_vec(), text("x86_64-linux").into());
        evaluator.allow_edits(b"/tree", b"/tree", [wanted], []);
        let mut world = world;
        let value = evaluator
            .eval_text(program.as_bytes(), Origin::String, b"/")
            .unwrap();
        let mut unshared = None;
        for system in ["x86_64-linux", "aarch64-linux", "other", "x86_64-linux"] {
            write(&mut world, "/tree/values.nix", &text(system));
            evaluator.world = Box::new(world.clone());
            assert!(evaluator.edit(&[(b"values.nix", text(system).as_bytes())]));
            let found = evaluator
                .force_deep(value)
                .and_then(|value| print::nix(&mut evaluator, value))
                .unwrap();
            assert_eq!(
                String::from_utf8(found).unwrap(),
                expected(&world),
                "{system}"
            );
            unshared = unshared.or_else(|| evaluator.take_unshared());
        }
        unshared
    });
    let world = memory.clone();
    unshared
        .unwrap()
        .unwrap()
        .unwrap()
        .save(move || world.clone())
        .unwrap();
    let (found, shared) = answer(&memory, &program);
    assert_eq!(found, expected(&memory));
    assert_eq!(shared, 7 + 4);
}

#[test]
fn other_arguments_make_other_packages() {
    let memory = nixpkgs();
    answer(&memory, &many(LINUX));
    let arguments = [
        r#"{ localSystem = "aarch64-linux"; }"#,
        r#"{ localSystem = { system = "x86_64-linux"; }; }"#,
        r#"{ localSystem = "x86_64-linux"; config = { suffix = "-a"; }; }"#,
        r#"{ localSystem = "x86_64-linux"; config.suffix = "-b"; }"#,
        r#"{ localSystem = "x86_64-linux"; config.at = ./place; }"#,
        r#"{ localSystem = "x86_64-linux"; config.list = [ null true 1 1.5 "x" ]; }"#,
        r#"{ localSystem = "x86_64-linux"; overlays = [ (self: super: { package1 = super.package2; }) ]; }"#,
        r#"{ localSystem = "x86_64-linux"; config.unused = throw "never"; }"#,
        r#"{ localSystem = "x86_64-linux"; config.suffix = throw "asked for"; }"#,
        r#"{ localSystem = (import /n/lib/default.nix).systems.elaborate "x86_64-linux"; }"#,
    ];
    for _ in 0..3 {
        for arguments in arguments {
            let program = many(arguments);
            assert_eq!(
                answer(&memory, &program).0,
                fresh(&memory, &program),
                "{arguments}"
            );
        }
    }
}

#[test]
fn a_platform_that_was_described_is_an_argument() {
    let memory = nixpkgs();
    let program =
        many(r#"{ localSystem = (import /n/lib/default.nix).systems.elaborate "x86_64-linux"; }"#);
    let (cold, _) = answer(&memory, &program);
    let (warm, used) = answer(&memory, &program);
    assert_eq!(warm, cold);
    assert_eq!(used, 2);
}

#[test]
fn what_changed_is_noticed() {
    type Change = fn(&mut Memory);
    let changes: [(&str, Change); 5] = [
        ("a file that packages use", |memory| {
            write(memory, "/n/pkgs/top-level/builder.nix", "\"/bin/other\"");
        }),
        ("a file of the library", |memory| {
            write(
                memory,
                "/n/lib/lists.nix",
                "{ lib }: { range = from: to: [ from to ]; }",
            );
        }),
        ("a file that was not there", |memory| {
            write(memory, "/n/pkgs/top-level/extra.nix", "\"some\"");
        }),
        ("a file that is gone", |memory| {
            memory.files.remove(&b"/n/pkgs/top-level/builder.nix"[..]);
        }),
        ("a file that is no program any more", |memory| {
            write(memory, "/n/lib/default.nix", "{");
        }),
    ];
    let program = format!(
        "let pkgs = {PACKAGES} {LINUX}; in [ ({}) pkgs.optional ]",
        many(LINUX)
    );
    for (name, change) in changes {
        let mut memory = nixpkgs();
        answer(&memory, &program);
        assert_eq!(answer(&memory, &program).1, 2, "{name}");
        change(&mut memory);
        for _ in 0..3 {
            assert_eq!(
                answer(&memory, &program).0,
                fresh(&memory, &program),
                "{name}"
            );
        }
    }
}

#[test]
fn what_is_said_is_said_each_time() {
    let memory = nixpkgs();
    let program = format!(
        "let pkgs = {PACKAGES} {LINUX}; in [ ({}) pkgs.traced.drvPath ]",
        many(LINUX)
    );
    for turn in 1..4 {
        let (_, used) = answer(&memory, &program);
        assert_eq!(used > 0, turn > 1);
        assert_eq!(memory.said.lock().unwrap().len(), turn);
    }
}

#[test]
fn what_warns_for_two_of_them_is_left_out_for_both() {
    let memory = nixpkgs();
    let program = format!(
        "let pkgs = {PACKAGES} {LINUX}; in [ ({}) pkgs.noisy1.drvPath pkgs.noisy2.drvPath ]",
        many(LINUX)
    );
    for turn in 1..4 {
        let (_, used) = answer(&memory, &program);
        assert_eq!(used > 0, turn > 1);
        assert_eq!(memory.said.lock().unwrap().len(), turn);
    }
}

#[test]
fn what_cannot_be_added_to_does_not_take_what_is_there_away() {
    let memory = nixpkgs();
    answer(&memory, &many(LINUX));
    let clocked = format!(
        "let pkgs = {PACKAGES} {LINUX}; in \
         map (n: pkgs.clocked.\"clocked${{toString n}}\".drvPath) (pkgs.lib.range 1 30)"
    );
    for _ in 0..2 {
        assert_eq!(answer(&memory, &clocked), (fresh(&memory, &clocked), 1));
    }
    // That nothing can be added is written down apart.
    let lengths = || {
        let values = memory.values.lock().unwrap();
        let mut lengths: Vec<usize> = values.values().map(Vec::len).collect();
        lengths.sort_unstable();
        lengths
    };
    assert_eq!((lengths().len(), lengths()[0]), (2, 16));
    assert_eq!(answer(&memory, &many(LINUX)).1, 1);
    assert_eq!(lengths().len(), 2);
    // It is of no importance once what was there does not hold any more.
    let mut changed = memory.clone();
    write(&mut changed, "/n/pkgs/top-level/extra.nix", "\"some\"");
    write(&mut changed, "/n/pkgs/top-level/builder.nix", "\"/b\"");
    assert_eq!(answer(&changed, &many(LINUX)).1, 0);
    assert_eq!(answer(&changed, &many(LINUX)).1, 1);
}

#[test]
fn the_time_is_not_shared() {
    let mut memory = nixpkgs();
    write(
        &mut memory,
        "/n/pkgs/top-level/builder.nix",
        "toString builtins.currentTime",
    );
    answer(&memory, &many(LINUX));
    assert_eq!(answer(&memory, &many(LINUX)).1, 0);
    // And that is not found out each time.
    let values = memory.values.lock().unwrap();
    assert_eq!(values.values().map(Vec::len).collect::<Vec<_>>(), [16]);
}

#[test]
fn nothing_is_shared_where_values_are_shown_unforced() {
    let memory = nixpkgs();
    answer(&memory, &many(LINUX));
    let exact = Settings {
        exact_laziness: true,
        ..Settings::default()
    };
    let (_, used) = run(&memory, &many(LINUX), exact);
    assert_eq!(used, 0);
}

#[test]
fn derivations_are_all_there() {
    let memory = nixpkgs();
    let program = many(LINUX);
    let known = |memory: &Memory| {
        with_stack(|| {
            let world = Box::new(memory.clone());
            let mut evaluator = Evaluator::new(Settings::default(), world).unwrap();
            evaluator.start_on_this_stack();
            evaluator.share_calls("");
            let value = evaluator.eval_text(program.as_bytes(), Origin::String, b"/");
            let value = value.and_then(|value| evaluator.force_deep(value));
            assert!(value.is_ok());
            let records = evaluator.derivations();
            let texts = records.map(|(path, record)| (path.clone(), record.aterm.to_vec()));
            texts.collect::<std::collections::BTreeMap<_, _>>()
        })
        .unwrap()
        .unwrap()
    };
    let cold = known(&memory);
    answer(&memory, &program);
    assert_eq!(answer(&memory, &program).1, 1);
    assert!(known(&memory) == cold);
}
