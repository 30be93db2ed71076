//! Strings and names as the language writes them.

/// A string in quotes, escaped (`printLiteralString` in Nix's `print.cc`).
pub fn string(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    for (index, &byte) in text.iter().enumerate() {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'$' if text.get(index + 1) == Some(&b'{') => out.extend_from_slice(b"\\$"),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

fn is_keyword(name: &[u8]) -> bool {
    matches!(
        name,
        b"if" | b"then" | b"else" | b"assert" | b"with" | b"let" | b"in" | b"rec" | b"inherit"
    )
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'\'' | b'-')
}

/// Whether `name` can stand without quotes.
#[must_use]
pub fn is_identifier(name: &[u8]) -> bool {
    name.first()
        .is_some_and(|&b| b.is_ascii_alphabetic() || b == b'_')
        && name.iter().all(|&b| is_name_byte(b))
        && !is_keyword(name)
}

/// An attribute name, quoted where it has to be.
pub fn identifier(out: &mut Vec<u8>, name: &[u8]) {
    if is_identifier(name) {
        out.extend_from_slice(name);
    } else {
        string(out, name);
    }
}
