//! Derivations. The files in `derivations/` were made by `nix-instantiate`; each must be read,
//! written and worked out anew to the byte.

#![expect(clippy::disallowed_methods, reason = "the cases are files")]

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use nix_store::derivation::{Derivation, DerivationError, ModuloHash, Output, ParseProblem, Text};
use nix_store::{Algorithm, ContentAddress, Hash, Method, StoreDir, StorePath};
use proptest::prelude::*;

/// All files, by store path.
fn files() -> BTreeMap<StorePath, Vec<u8>> {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/derivations");
    fs::read_dir(directory)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            (
                StorePath::parse(name.as_bytes()).unwrap(),
                fs::read(entry.path()).unwrap(),
            )
        })
        .collect()
}

fn parse<'text>(path: &'text StorePath, text: &'text [u8]) -> Derivation<'text> {
    let name = path.derivation_name().unwrap().as_bytes();
    Derivation::parse(&StoreDir::default(), name, text).unwrap()
}

/// The hash of the derivation at `path`, from the files alone.
fn hash_of(
    files: &BTreeMap<StorePath, Vec<u8>>,
    path: &StorePath,
) -> Result<ModuloHash, DerivationError> {
    parse(path, &files[path])
        .hash_modulo(&StoreDir::default(), &mut |input, _| hash_of(files, input))
}

#[test]
fn files_are_written_as_they_were_read() {
    for (path, text) in &files() {
        let derivation = parse(path, text);
        let written = derivation.to_aterm(&StoreDir::default()).unwrap();
        assert_eq!(
            String::from_utf8_lossy(&written),
            String::from_utf8_lossy(text)
        );
        assert_eq!(
            derivation.path(&StoreDir::default(), &written).as_ref(),
            Ok(path)
        );
        assert_eq!(derivation.clone().into_owned(), derivation);
    }
}

#[test]
fn paths_are_worked_out_anew() {
    let files = files();
    for (path, text) in &files {
        let finished = parse(path, text);
        let mut described = finished.clone();
        for (name, output) in &mut described.outputs {
            if matches!(output, Output::InputAddressed(_)) {
                *output = Output::Deferred;
                described.env.insert(name.clone(), Cow::Borrowed(b""));
            }
        }
        let instantiated = described
            .instantiate::<DerivationError>(&StoreDir::default(), &mut |input, _| {
                hash_of(&files, input)
            })
            .unwrap();
        assert_eq!(described, finished);
        assert_eq!(instantiated.path, *path);
        assert_eq!(instantiated.aterm, *text);
        assert_eq!(Ok(instantiated.modulo), hash_of(&files, path));
        assert_eq!(
            Ok(instantiated.outputs),
            finished.output_paths(&StoreDir::default())
        );
    }
}

#[test]
fn two_ways_to_fetch_the_same_contents_count_as_one() {
    let files = files();
    let sources: Vec<_> = files
        .keys()
        .filter(|path| path.name() == "src.tar.gz.drv")
        .collect();
    assert_eq!(sources.len(), 2);
    assert_eq!(hash_of(&files, sources[0]), hash_of(&files, sources[1]));
}

#[test]
fn what_depends_on_a_floating_output_stays_deferred() {
    let files = files();
    for (name, deferred) in [
        ("simple", false),
        ("floating", true),
        ("below", true),
        ("belowbelow", true),
    ] {
        let path = files
            .keys()
            .find(|path| path.derivation_name() == Some(name))
            .unwrap();
        assert_eq!(hash_of(&files, path).unwrap().deferred, deferred, "{name}");
    }
}

fn minimal() -> Derivation<'static> {
    Derivation {
        name: b"minimal".into(),
        outputs: BTreeMap::from([(b"out".into(), Output::Deferred)]),
        input_sources: BTreeSet::new(),
        input_derivations: BTreeMap::new(),
        dynamic_inputs: BTreeMap::new(),
        system: b"x86_64-linux".into(),
        builder: b"/bin/sh".into(),
        args: Vec::new(),
        env: BTreeMap::new(),
    }
}

fn instantiate(derivation: &mut Derivation<'_>) -> Result<String, DerivationError> {
    let store = StoreDir::default();
    derivation
        .instantiate(&store, &mut |input, output| {
            Err(DerivationError::NoSuchOutput {
                output: output.into(),
                name: input.base_name().into(),
            })
        })
        .map(|instantiated| instantiated.path.to_string())
}

#[test]
fn missing_variables_are_added() {
    let mut derivation = minimal();
    instantiate(&mut derivation).unwrap();
    let Some(Output::InputAddressed(path)) = derivation.outputs.get(b"out".as_slice()) else {
        panic!("the output has no path: {:?}", derivation.outputs);
    };
    let value = derivation
        .env
        .get(b"out".as_slice())
        .map(|value| value.to_vec());
    assert_eq!(value, Some(StoreDir::default().print(path)));
}

#[test]
fn instantiating_twice_changes_nothing() {
    let mut derivation = minimal();
    derivation.env.insert(b"out".into(), b"".into());
    let first = instantiate(&mut derivation);
    let settled = derivation.clone();
    assert_eq!(instantiate(&mut derivation), first);
    assert_eq!(derivation, settled);
}

#[test]
fn wrong_derivations_are_refused() {
    let fixed = Output::Fixed(ContentAddress {
        method: Method::Flat,
        hash: Hash::zero(Algorithm::Sha256),
    });
    let floating = |algorithm| Output::Floating {
        method: Method::Nar,
        algorithm,
    };
    let elsewhere = StorePath::parse(b"5vpafad049f76a8rjsma1c6d9058jkyn-minimal").unwrap();
    for (outputs, message) in [
        (vec![], "must have at least one output"),
        (
            vec![("out", Output::Deferred), ("x", fixed.clone())],
            "can't mix derivation output types",
        ),
        (
            vec![("x", fixed.clone())],
            "single fixed output must be named \"out\"",
        ),
        (
            vec![("out", fixed.clone()), ("x", fixed)],
            "only one fixed output is allowed for now",
        ),
        (
            vec![
                ("out", floating(Algorithm::Sha1)),
                ("x", floating(Algorithm::Sha256)),
            ],
            "all floating outputs must use the same hash algorithm",
        ),
        (
            vec![("a b", Output::Deferred)],
            "name 'minimal-a b' contains illegal character ' '",
        ),
        (
            vec![("out", Output::InputAddressed(elsewhere))],
            "derivation has incorrect output \
             '/nix/store/5vpafad049f76a8rjsma1c6d9058jkyn-minimal', should be",
        ),
    ] {
        let mut derivation = minimal();
        derivation.outputs = outputs
            .into_iter()
            .map(|(name, output)| (name.as_bytes().into(), output))
            .collect();
        let error = instantiate(&mut derivation).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }

    let mut derivation = minimal();
    derivation.env.insert(b"out".into(), b"/elsewhere".into());
    let error = instantiate(&mut derivation).unwrap_err().to_string();
    assert!(error.contains("but is actually '/elsewhere'"), "{error}");
}

#[test]
fn bad_texts_are_refused() {
    let (path, text) = files().into_iter().next().unwrap();
    let store = StoreDir::default();
    for length in 0..text.len() {
        assert!(
            Derivation::parse(&store, b"x", &text[..length]).is_err(),
            "{length} bytes"
        );
    }
    let problem = |text: &str| {
        Derivation::parse(&store, b"x", text.as_bytes())
            .unwrap_err()
            .problem
    };
    assert_eq!(problem("Dr"), ParseProblem::Expected("DrvWithVersion("));
    assert_eq!(
        problem("DrvWithVersion(\"xp-other\",[],[])"),
        ParseProblem::Version("xp-other".into())
    );
    assert_eq!(problem("Do"), ParseProblem::Start);
    assert_eq!(problem("{}"), ParseProblem::Expected("D"));
    assert_eq!(problem("Derive([(\"out"), ParseProblem::UnterminatedString);
    assert_eq!(
        problem("Derive([],[(\"rel\""),
        ParseProblem::BadPath("rel".into())
    );
    assert_eq!(
        Derivation::parse(&store, b"x", b"Derive([]x")
            .unwrap_err()
            .to_string(),
        "error parsing derivation 'x' at byte 9: expected string ',['"
    );
    // What Nix overlooks is overlooked.
    let trailing = [text.as_slice(), b"anything"].concat();
    assert_eq!(parse(&path, &trailing), parse(&path, &text));
}

fn any_text() -> impl Strategy<Value = Text<'static>> {
    prop_oneof![
        any::<Vec<u8>>(),
        "[\"\\\\\n\r\ta-z]{0,8}".prop_map(String::into_bytes)
    ]
    .prop_map(Cow::Owned)
}

proptest! {
    #[test]
    fn any_derivation_survives(
        builder in any_text(),
        args in prop::collection::vec(any_text(), 0..4),
        env in prop::collection::btree_map(any_text(), any_text(), 0..6),
        outputs in prop::collection::btree_set("[a-z]{1,4}", 1..4),
    ) {
        let mut derivation = Derivation { builder, args, env, ..minimal() };
        derivation.outputs = outputs
            .into_iter()
            .map(|name| (Cow::Owned(name.into_bytes()), Output::Deferred))
            .collect();
        for output in derivation.outputs.keys().cloned().collect::<Vec<_>>() {
            derivation.env.remove(&output);
        }
        instantiate(&mut derivation).unwrap();
        let store = StoreDir::default();
        let text = derivation.to_aterm(&store).unwrap();
        prop_assert_eq!(Derivation::parse(&store, b"minimal", &text).unwrap(), derivation);
    }

    #[test]
    fn no_bytes_make_it_panic(text: Vec<u8>, at in 0_usize..600) {
        let (_, mut good) = files().into_iter().next().unwrap();
        let _ = Derivation::parse(&StoreDir::default(), b"x", &text);
        good.splice(at.min(good.len())..at.min(good.len()), text);
        let _ = Derivation::parse(&StoreDir::default(), b"x", &good);
    }
}
