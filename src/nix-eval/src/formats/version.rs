//! Version numbers as Nix splits and compares them (`names.cc`).

use std::cmp::Ordering;

fn is_separator(byte: u8) -> bool {
    byte == b'.' || byte == b'-'
}

/// The components of a version: runs of digits and runs of other characters.
#[must_use]
pub fn split(version: &[u8]) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    let mut rest = version;
    loop {
        let skipped = rest.iter().take_while(|&&b| is_separator(b)).count();
        rest = &rest[skipped..];
        let Some(first) = rest.first() else {
            return parts;
        };
        let digits = first.is_ascii_digit();
        let length = rest
            .iter()
            .take_while(|&&b| b.is_ascii_digit() == digits && !is_separator(b))
            .count();
        parts.push(&rest[..length]);
        rest = &rest[length..];
    }
}

fn number(part: &[u8]) -> Option<i32> {
    std::str::from_utf8(part).ok()?.parse().ok()
}

fn is_less(a: &[u8], b: &[u8]) -> bool {
    match (number(a), number(b)) {
        (Some(a), Some(b)) => a < b,
        (_, Some(_)) if a.is_empty() => true,
        // "pre" comes before everything, the end of the version included.
        _ if a == b"pre" && b != b"pre" => true,
        _ if b == b"pre" => false,
        // "2.3a" comes before "2.3.1".
        (_, Some(_)) => true,
        (Some(_), _) => false,
        _ => a < b,
    }
}

/// Which version is older.
#[must_use]
pub fn compare(a: &[u8], b: &[u8]) -> Ordering {
    let (a, b) = (split(a), split(b));
    for index in 0..a.len().max(b.len()) {
        let left = a.get(index).copied().unwrap_or_default();
        let right = b.get(index).copied().unwrap_or_default();
        if is_less(left, right) {
            return Ordering::Less;
        }
        if is_less(right, left) {
            return Ordering::Greater;
        }
    }
    Ordering::Equal
}

/// A package's name and version: the version starts after the first dash that no letter follows.
#[must_use]
pub fn parse_drv_name(text: &[u8]) -> (&[u8], &[u8]) {
    let dash = (0..text.len().saturating_sub(1))
        .find(|&at| text[at] == b'-' && !text[at + 1].is_ascii_alphabetic());
    match dash {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, b""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_component() {
        for (a, b, order) in [
            ("1.0", "2.3", Ordering::Less),
            ("2.1", "2.3", Ordering::Less),
            ("2.3", "2.3", Ordering::Equal),
            ("2.5", "2.3", Ordering::Greater),
            ("2.3.1", "2.3", Ordering::Greater),
            ("2.3.1", "2.3a", Ordering::Greater),
            ("2.3pre1", "2.3", Ordering::Less),
            ("2.3pre3", "2.3pre12", Ordering::Less),
            ("2.3a", "2.3c", Ordering::Less),
            ("2.3pre1", "2.3c", Ordering::Less),
            ("2.3pre1", "2.3q", Ordering::Less),
        ] {
            assert_eq!(compare(a.as_bytes(), b.as_bytes()), order, "{a} {b}");
        }
    }

    #[test]
    fn a_name_ends_before_its_version() {
        assert_eq!(
            parse_drv_name(b"nix-js-0.12pre"),
            (&b"nix-js"[..], &b"0.12pre"[..])
        );
        assert_eq!(parse_drv_name(b"a-"), (&b"a-"[..], &b""[..]));
    }
}
