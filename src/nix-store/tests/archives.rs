//! NAR archives. What is expected is what `nix-store --dump` and `nix-hash` print.

use std::collections::BTreeMap;
use std::convert::Infallible;

use nix_store::hash::Encoding;
use nix_store::nar::{
    self, Contents, FileKind, FileTree, MemoryTree, ReadError, Visitor, WriteError, keep_all,
};
use nix_store::{Algorithm, Hash};
use proptest::prelude::*;

fn file(contents: &[u8]) -> MemoryTree {
    MemoryTree::File {
        contents: contents.to_vec(),
        executable: false,
    }
}

fn directory<const N: usize>(entries: [(&str, MemoryTree); N]) -> MemoryTree {
    let entries = entries.map(|(name, entry)| (name.as_bytes().to_vec(), entry));
    MemoryTree::Directory(BTreeMap::from(entries))
}

/// One of everything.
fn sample() -> MemoryTree {
    directory([
        ("a", file(b"hello")),
        (
            "x",
            MemoryTree::File {
                contents: b"#!/bin/sh\n".to_vec(),
                executable: true,
            },
        ),
        ("B", file(b"1")),
        ("ü", file("é".as_bytes())),
        (
            "sub",
            directory([
                ("l", MemoryTree::Symlink(b"../a".to_vec())),
                ("none", file(b"")),
                ("empty", directory([])),
            ]),
        ),
    ])
}

fn sha256(tree: &MemoryTree) -> String {
    Hash::of(Algorithm::Sha256, &nar::to_vec(tree).unwrap()).encode(Encoding::Base16)
}

#[test]
fn archives_are_those_of_nix() {
    for (tree, expected) in [
        (
            sample(),
            "3f34322064e6b78b84a80ea378e26f636e71147adcf8180be4afe69bf606f4c9",
        ),
        (
            MemoryTree::File {
                contents: b"#!/bin/sh\n".to_vec(),
                executable: true,
            },
            "6283c1668260f903d1a895c0cd6b822fa4b68762bb0b17cedef2d39d97e26554",
        ),
        (
            MemoryTree::Symlink(b"../a".to_vec()),
            "84f4d980c0d2735d26451729d2b7485629d85ebb4bf64e98da167889a511de9f",
        ),
    ] {
        assert_eq!(sha256(&tree), expected);
    }
}

#[test]
fn hashing_counts_bytes() {
    let (hash, size) = nar::hash(&mut &sample(), &mut keep_all, Algorithm::Sha256).unwrap();
    assert_eq!(
        hash.encode(Encoding::Nix32),
        "1jgl0vv9prmgwh5iiy6wg8a72vk3dzi7i8qfm228pdz6chh34d1z"
    );
    assert_eq!(size, 1616);
}

#[test]
fn a_filter_sees_parents_first_and_leaves_out_what_is_below() {
    let mut asked = Vec::new();
    let mut archive = Vec::new();
    nar::write(
        &mut &sample(),
        &mut |path: &[u8], kind| {
            asked.push(String::from_utf8_lossy(path).into_owned());
            Ok(kind != FileKind::Directory || path != b"sub/empty")
        },
        &mut |bytes| {
            archive.extend_from_slice(bytes);
            Ok(())
        },
    )
    .unwrap();
    assert_eq!(
        asked,
        ["B", "a", "sub", "sub/empty", "sub/l", "sub/none", "x", "ü"]
    );

    let mut expected = sample();
    if let MemoryTree::Directory(entries) = &mut expected
        && let Some(MemoryTree::Directory(sub)) = entries.get_mut(b"sub".as_slice())
    {
        sub.remove(b"empty".as_slice());
    }
    assert_eq!(archive, nar::to_vec(&expected).unwrap());
}

/// A tree of one file that breaks its word, or fails.
struct Unreliable {
    announced: u64,
    given: &'static [u8],
    kind: Result<FileKind, &'static str>,
}

impl FileTree for Unreliable {
    type Error = &'static str;

    fn kind(&mut self, path: &[u8]) -> Result<FileKind, &'static str> {
        if path.is_empty() {
            self.kind
        } else {
            Ok(FileKind::Directory)
        }
    }

    fn read(
        &mut self,
        _: &[u8],
        contents: &mut dyn Contents<&'static str>,
    ) -> Result<(), &'static str> {
        contents.size(self.announced)?;
        contents.write(self.given)
    }

    fn list(&mut self, _: &[u8]) -> Result<Vec<Vec<u8>>, &'static str> {
        Ok(vec![b"d".to_vec()])
    }

    fn read_link(&mut self, _: &[u8]) -> Result<Vec<u8>, &'static str> {
        Err("cannot read link")
    }
}

#[test]
fn what_cannot_be_archived_is_an_error() {
    let regular = FileKind::Regular { executable: false };
    let deep = vec!["d"; 64].join("/");
    for (kind, announced, message) in [
        (
            Ok(regular),
            2,
            "file '' changed while it was read: 2 bytes announced, 3 read".to_owned(),
        ),
        (
            Ok(regular),
            4,
            "file '' changed while it was read: 4 bytes announced, 3 read".to_owned(),
        ),
        (
            Ok(FileKind::Other),
            0,
            "file '' has an unsupported type".to_owned(),
        ),
        (Ok(FileKind::Symlink), 0, "cannot read link".to_owned()),
        (Err("gone"), 0, "gone".to_owned()),
        (
            Ok(FileKind::Directory),
            0,
            format!("path '{deep}' exceeds maximum NAR directory depth of 64"),
        ),
    ] {
        let mut tree = Unreliable {
            announced,
            given: b"abc",
            kind,
        };
        let error = nar::hash(&mut tree, &mut keep_all, Algorithm::Sha256).unwrap_err();
        let found = match error {
            WriteError::Tree(message) => message.to_owned(),
            other => other.to_string(),
        };
        assert_eq!(found, message);
    }
}

#[test]
fn a_failing_filter_ends_it() {
    let mut tree = Unreliable {
        announced: 0,
        given: b"",
        kind: Ok(FileKind::Directory),
    };
    let error = nar::hash(&mut tree, &mut |_, _| Err("no"), Algorithm::Sha256);
    assert_eq!(error, Err(WriteError::Tree("no")));
}

/// Rebuilds what an archive holds.
#[derive(Default)]
struct Rebuild {
    root: Option<MemoryTree>,
    last: Vec<u8>,
}

impl Rebuild {
    fn put(&mut self, path: &[u8], node: MemoryTree) {
        self.last = path.to_vec();
        match self.slot(path) {
            Some(slot) => *slot = node,
            None => self.root = Some(node),
        }
    }

    fn slot(&mut self, path: &[u8]) -> Option<&mut MemoryTree> {
        let mut node = self.root.as_mut()?;
        for name in path
            .split(|byte| *byte == b'/')
            .filter(|name| !name.is_empty())
        {
            let MemoryTree::Directory(entries) = node else {
                return None;
            };
            node = entries.entry(name.to_vec()).or_insert_with(|| file(b""));
        }
        Some(node)
    }
}

impl Visitor for Rebuild {
    type Error = Infallible;

    fn directory(&mut self, path: &[u8]) -> Result<(), Infallible> {
        self.put(path, directory([]));
        Ok(())
    }

    fn file(&mut self, path: &[u8], executable: bool, _: u64) -> Result<(), Infallible> {
        self.put(
            path,
            MemoryTree::File {
                contents: Vec::new(),
                executable,
            },
        );
        Ok(())
    }

    fn contents(&mut self, bytes: &[u8]) -> Result<(), Infallible> {
        let path = self.last.clone();
        if let Some(MemoryTree::File { contents, .. }) = self.slot(&path) {
            contents.extend_from_slice(bytes);
        }
        Ok(())
    }

    fn symlink(&mut self, path: &[u8], target: &[u8]) -> Result<(), Infallible> {
        self.put(path, MemoryTree::Symlink(target.to_vec()));
        Ok(())
    }
}

fn read(mut archive: &[u8]) -> Result<MemoryTree, ReadError<Infallible>> {
    let mut rebuild = Rebuild::default();
    nar::read(&mut archive, &mut rebuild)?;
    Ok(rebuild.root.expect("an archive holds at least one object"))
}

fn strings(texts: &[&str]) -> Vec<u8> {
    let mut archive = Vec::new();
    for text in texts {
        archive.extend_from_slice(&(text.len() as u64).to_le_bytes());
        archive.extend_from_slice(text.as_bytes());
        archive.resize(archive.len().next_multiple_of(8), 0);
    }
    archive
}

#[test]
fn what_is_written_is_read() {
    assert_eq!(read(&nar::to_vec(&sample()).unwrap()).unwrap(), sample());
}

#[test]
fn bad_archives_are_refused() {
    let entry = |name: &str| -> Vec<String> {
        [
            "entry", "(", "name", name, "node", "(", "type", "symlink", "target", "t", ")", ")",
        ]
        .map(str::to_owned)
        .to_vec()
    };
    let listing = |names: &[&str]| {
        let mut texts: Vec<String> = ["nix-archive-1", "(", "type", "directory"]
            .map(str::to_owned)
            .to_vec();
        texts.extend(names.iter().flat_map(|name| entry(name)));
        texts.push(")".to_owned());
        strings(&texts.iter().map(String::as_str).collect::<Vec<_>>())
    };
    assert!(read(&listing(&["a", "b"])).is_ok());
    let mut padded = strings(&["nix-archive-1", "(", "type"]);
    *padded.last_mut().unwrap() = 1;
    let looks_wrong = "bad archive: input doesn't look like a Nix archive";
    for (archive, message) in [
        (Vec::new(), looks_wrong),
        (b"PK".to_vec(), looks_wrong),
        (strings(&["nix-archive-2"]), looks_wrong),
        (
            listing(&["b", "a"]),
            "bad archive: NAR directory is not sorted",
        ),
        (
            listing(&["a", "a"]),
            "bad archive: NAR directory is not sorted",
        ),
        (
            listing(&[".."]),
            "bad archive: NAR contains invalid file name '..'",
        ),
        (
            listing(&["a/b"]),
            "bad archive: NAR contains invalid file name 'a/b'",
        ),
        (
            listing(&[""]),
            "bad archive: NAR contains invalid file name ''",
        ),
        (
            listing(&["\0"]),
            "bad archive: NAR contains invalid file name '\0'",
        ),
        (padded, "bad archive: non-zero padding"),
        (
            strings(&["nix-archive-1", "(", "type", "fifo", ")"]),
            "bad archive: unknown file type 'fifo'",
        ),
        (
            strings(&["nix-archive-1", "(", "type", "symlink", "target", "", ")"]),
            "bad archive: NAR contains invalid symlink target",
        ),
        (
            strings(&["nix-archive-1", "(", "type", "regular", "executable", "1"]),
            "bad archive: executable marker has non-empty value",
        ),
    ] {
        assert_eq!(read(&archive).unwrap_err().to_string(), message);
    }
    let huge = [
        strings(&["nix-archive-1", "("]),
        u64::MAX.to_le_bytes().to_vec(),
    ]
    .concat();
    assert!(matches!(read(&huge), Err(ReadError::Bad(_))));
}

#[test]
fn an_archive_cut_short_is_never_whole() {
    let archive = nar::to_vec(&sample()).unwrap();
    for length in 0..archive.len() {
        assert!(read(&archive[..length]).is_err(), "{length} bytes");
    }
}

fn any_tree() -> impl Strategy<Value = MemoryTree> {
    let name = prop::collection::vec(any::<u8>(), 1..5).prop_filter("a file name", |name| {
        !name.contains(&0) && !name.contains(&b'/') && name != b"." && name != b".."
    });
    let leaf = prop_oneof![
        (any::<Vec<u8>>(), any::<bool>()).prop_map(|(contents, executable)| MemoryTree::File {
            contents,
            executable
        }),
        prop::collection::vec(1_u8.., 1..20).prop_map(MemoryTree::Symlink),
    ];
    leaf.prop_recursive(4, 30, 5, move |inner| {
        prop::collection::btree_map(name.clone(), inner, 0..5).prop_map(MemoryTree::Directory)
    })
}

proptest! {
    #[test]
    fn any_tree_survives(tree in any_tree()) {
        prop_assert_eq!(read(&nar::to_vec(&tree).unwrap()).unwrap(), tree);
    }

    #[test]
    fn no_bytes_make_it_panic(at in 0_usize..1616, byte: u8, tail: Vec<u8>) {
        let mut archive = nar::to_vec(&sample()).unwrap();
        archive[at] = byte;
        let _ = read(&archive);
        archive.truncate(at);
        archive.extend(tail);
        let _ = read(&archive);
    }
}
