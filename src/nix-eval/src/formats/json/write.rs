//! JSON strings as nlohmann's library writes them: only what has to be escaped is, and text that is
//! not UTF-8 is an error.

/// Text that is not UTF-8, in the words of nlohmann's library.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonWriteError {
    /// A byte that cannot stand where it does.
    #[error("[json.exception.type_error.316] invalid UTF-8 byte at index {index}: 0x{byte:02X}")]
    Invalid {
        /// Its place in the text.
        index: usize,
        /// The byte.
        byte: u8,
    },
    /// The text ends within a character.
    #[error("[json.exception.type_error.316] incomplete UTF-8 string; last byte: 0x{last:02X}")]
    Incomplete {
        /// The last byte of the text.
        last: u8,
    },
}

/// The first byte at which `text` cannot be UTF-8 any more: the one after a good start of a
/// character, where Rust's error names that start.
fn check(text: &[u8]) -> Result<(), JsonWriteError> {
    let Err(error) = std::str::from_utf8(text) else {
        return Ok(());
    };
    let start = error.valid_up_to();
    let Some(good) = error.error_len() else {
        let last = text.last().copied().unwrap_or_default();
        return Err(JsonWriteError::Incomplete { last });
    };
    let starts_character = matches!(text[start], 0xc2..=0xf4);
    let index = if starts_character {
        start + good
    } else {
        start
    };
    let byte = text[index];
    Err(JsonWriteError::Invalid { index, byte })
}

/// Bytes that are looked at together.
const STRETCH: usize = 16;

fn is_escaped(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// Appends `text` as a JSON string.
///
/// # Errors
/// Where `text` is not UTF-8; `out` is as it was.
pub fn string(out: &mut Vec<u8>, text: &[u8]) -> Result<(), JsonWriteError> {
    check(text)?;
    out.reserve(text.len() + 2);
    out.push(b'"');
    for stretch in text.chunks(STRETCH) {
        // All of them, without a way out: so it is done for all at once.
        let has_escaped = stretch
            .iter()
            .fold(false, |found, &byte| found | is_escaped(byte));
        if has_escaped {
            for &byte in stretch {
                character(out, byte);
            }
        } else {
            out.extend_from_slice(stretch);
        }
    }
    out.push(b'"');
    Ok(())
}

/// Appends a byte of a string.
fn character(out: &mut Vec<u8>, byte: u8) {
    match byte {
        b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
        0x08 => out.extend_from_slice(b"\\b"),
        0x0c => out.extend_from_slice(b"\\f"),
        b'\n' => out.extend_from_slice(b"\\n"),
        b'\r' => out.extend_from_slice(b"\\r"),
        b'\t' => out.extend_from_slice(b"\\t"),
        0..0x20 => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
        _ => out.push(byte),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_what_must_be_is_escaped() {
        let mut out = Vec::new();
        string(&mut out, "a\"\\\n\u{1}ü/\u{7f}".as_bytes()).unwrap();
        assert_eq!(out, "\"a\\\"\\\\\\n\\u0001ü/\u{7f}\"".as_bytes());
    }

    proptest! {
        #[test]
        fn strings_are_those_of_serde(text in "[a\"\\\\\u{0}-\u{1f}ü€😀 -~]{0,80}") {
            let mut out = Vec::new();
            string(&mut out, text.as_bytes()).unwrap();
            prop_assert_eq!(String::from_utf8(out).unwrap(), serde_json::to_string(&text).unwrap());
        }
    }

    #[test]
    fn what_is_not_utf8_is_named() {
        let invalid = |index, byte| JsonWriteError::Invalid { index, byte };
        for (text, expected) in [
            (&b"\xff"[..], invalid(0, 0xff)),
            (b"a\x80", invalid(1, 0x80)),
            (b"\xc0\x80", invalid(0, 0xc0)),
            (b"\xc3a", invalid(1, b'a')),
            (b"\xe0\x80\x80", invalid(1, 0x80)),
            (b"\xed\xa0\x80", invalid(1, 0xa0)),
            (b"\xf0\x9f\x98a", invalid(3, b'a')),
            (b"\xf4\x90\x80\x80", invalid(1, 0x90)),
            (b"a\xc3", JsonWriteError::Incomplete { last: 0xc3 }),
            (b"\xf0\x9f", JsonWriteError::Incomplete { last: 0x9f }),
        ] {
            assert_eq!(string(&mut Vec::new(), text), Err(expected));
        }
        assert_eq!(
            invalid(0, 0xff).to_string(),
            "[json.exception.type_error.316] invalid UTF-8 byte at index 0: 0xFF"
        );
    }
}
