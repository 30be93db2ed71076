//! Catalogues as files: the label in plain sight on the first line, then the tables, compressed.

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use thiserror::Error;

use super::model::{Label, Tables};

/// What every file begins with; another number stands for another form.
const MARK: &str = "coop catalogue 1 ";
/// The most that a file may unfold to.
const LARGEST: u64 = 64 << 20;

/// Why a file is no catalogue.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub(super) enum Unreadable {
    #[error("it is no catalogue of this version of coop")]
    Mark,
    #[error("it is damaged")]
    Damaged,
}

/// A catalogue as a file.
pub(super) fn encode(label: &Label, tables: &Tables) -> Vec<u8> {
    let label = serde_json::to_string(label).unwrap_or_default();
    let body = postcard::to_allocvec(tables).unwrap_or_default();
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    // Writing to memory cannot fail.
    let packed = encoder
        .write_all(&body)
        .and_then(|()| encoder.finish())
        .unwrap_or_default();
    let mut file = format!("{MARK}{label}\n").into_bytes();
    file.extend(packed);
    file
}

/// The label of a file, without unfolding it.
pub(super) fn label(file: &[u8]) -> Result<(Label, &[u8]), Unreadable> {
    let rest = file.strip_prefix(MARK.as_bytes()).ok_or(Unreadable::Mark)?;
    let end = rest
        .iter()
        .position(|&byte| byte == b'\n')
        .ok_or(Unreadable::Damaged)?;
    let label = serde_json::from_slice(&rest[..end]).map_err(|_| Unreadable::Damaged)?;
    Ok((label, &rest[end + 1..]))
}

/// Unfolds what follows the label.
pub(super) fn tables(packed: &[u8]) -> Result<Tables, Unreadable> {
    let mut body = Vec::new();
    DeflateDecoder::new(packed)
        .take(LARGEST)
        .read_to_end(&mut body)
        .map_err(|_| Unreadable::Damaged)?;
    postcard::from_bytes(&body).map_err(|_| Unreadable::Damaged)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::model::{Entry, Opt, Type};
    use super::*;

    fn small() -> (Label, Tables) {
        let label = Label {
            release: "26.05".into(),
            revision: Some("abc".into()),
            nar_hash: "sha256-x".into(),
        };
        let option = Opt {
            of_type: 0,
            is_read_only: false,
            is_internal: true,
            has_default: true,
        };
        let tables = Tables {
            words: vec!["a".into()],
            types: vec![Type::Integer {
                least: Some(-1),
                most: None,
            }],
            sets: vec![vec![(0, Entry::Option(option))]],
            root: 0,
        };
        (label, tables)
    }

    #[test]
    fn what_is_written_comes_back() {
        let (label, tables) = small();
        let file = encode(&label, &tables);
        let (read, packed) = super::label(&file).unwrap();
        assert_eq!(read, label);
        assert_eq!(super::tables(packed).unwrap(), tables);
    }

    #[test]
    fn another_version_is_told_from_damage() {
        assert_eq!(label(b"coop catalogue 2 {}\n"), Err(Unreadable::Mark));
        assert_eq!(label(b"coop catalogue 1 {}"), Err(Unreadable::Damaged));
        assert_eq!(tables(b"\xff\xff"), Err(Unreadable::Damaged));
    }

    proptest! {
        #[test]
        fn a_damaged_file_is_refused_or_read(at in 0_usize..200, byte: u8) {
            let (label, tables) = small();
            let mut file = encode(&label, &tables);
            let at = at % file.len();
            file[at] = byte;
            if let Ok((_, packed)) = super::label(&file) {
                let _ = super::tables(packed);
            }
        }
    }
}
