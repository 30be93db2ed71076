//! JSON strings as nlohmann's library writes them: only what has to be escaped is, and text that is
//! not UTF-8 is an error.

/// Text that is not UTF-8.
#[derive(Debug, thiserror::Error)]
#[error("[json.exception.type_error.316] invalid UTF-8 byte at index {index}: 0x{byte:02X}")]
pub struct JsonWriteError {
    index: usize,
    byte: u8,
}

/// Appends `text` as a JSON string.
///
/// # Errors
/// Where `text` is not UTF-8.
pub fn string(out: &mut Vec<u8>, text: &[u8]) -> Result<(), JsonWriteError> {
    if let Err(error) = std::str::from_utf8(text) {
        let index = error.valid_up_to() + error.error_len().map_or(0, |length| length - 1);
        let index = index.min(text.len() - 1);
        return Err(JsonWriteError {
            index,
            byte: text[index],
        });
    }
    out.push(b'"');
    for &byte in text {
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
    out.push(b'"');
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_must_be_is_escaped() {
        let mut out = Vec::new();
        string(&mut out, "a\"\\\n\u{1}ü/\u{7f}".as_bytes()).unwrap();
        assert_eq!(out, "\"a\\\"\\\\\\n\\u0001ü/\u{7f}\"".as_bytes());
    }

    #[test]
    fn other_encodings_are_refused() {
        assert!(string(&mut Vec::new(), b"a\xff").is_err());
    }
}
