//! Path arithmetic on bytes. Nothing here asks a file system.

/// `path` made absolute-looking and normalised: no `.`, `..`, doubled or trailing slash.
#[must_use]
pub fn canonical(path: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::with_capacity(path.len() + 1);
    for part in path.split(|&b| b == b'/') {
        match part {
            b"" | b"." => {}
            b".." => out.truncate(out.iter().rposition(|&b| b == b'/').unwrap_or(0)),
            _ => {
                out.push(b'/');
                out.extend_from_slice(part);
            }
        }
    }
    if out.is_empty() {
        out.push(b'/');
    }
    out
}

/// All but the last component.
#[must_use]
pub fn parent(path: &[u8]) -> &[u8] {
    match path.iter().rposition(|&b| b == b'/') {
        Some(0) | None => b"/",
        Some(slash) => &path[..slash],
    }
}

/// The last component.
#[must_use]
pub fn base_name(path: &[u8]) -> &[u8] {
    let path = path.strip_suffix(b"/").unwrap_or(path);
    match path.iter().rposition(|&b| b == b'/') {
        Some(slash) => &path[slash + 1..],
        None => path,
    }
}

/// `name` below `directory`.
#[must_use]
pub fn join(directory: &[u8], name: &[u8]) -> Vec<u8> {
    let mut out = directory.to_vec();
    if !out.ends_with(b"/") {
        out.push(b'/');
    }
    out.extend_from_slice(name);
    out
}

/// The part of `path` below `directory`, empty for the directory itself; `None` where it lies
/// elsewhere. Both are normalised.
#[must_use]
pub fn below<'p>(path: &'p [u8], directory: &[u8]) -> Option<&'p [u8]> {
    let rest = path.strip_prefix(directory)?;
    if rest.is_empty() || directory == b"/" {
        Some(rest)
    } else {
        rest.strip_prefix(b"/")
    }
}

/// Whether `path` is `directory` or lies below it; both are normalised.
#[must_use]
pub fn is_within(path: &[u8], directory: &[u8]) -> bool {
    below(path, directory).is_some()
}

/// The names in an attribute path as the command line writes it: dots between them, quotes around
/// names that hold dots (`parseAttrPath` in Nix's `attr-path.cc`).
#[must_use]
pub fn attribute_path(text: &str) -> Vec<Vec<u8>> {
    let mut names = Vec::new();
    let mut name = Vec::new();
    let mut quoted = false;
    for &byte in text.as_bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b'.' if !quoted => names.push(std::mem::take(&mut name)),
            _ => name.push(byte),
        }
    }
    if !name.is_empty() {
        names.push(name);
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_and_slashes_disappear() {
        assert_eq!(canonical(b"/a//b/./../c/"), b"/a/c");
        assert_eq!(canonical(b"/../.."), b"/");
        assert_eq!(canonical(b"a"), b"/a");
    }

    #[test]
    fn quoted_names_keep_their_dots() {
        assert_eq!(attribute_path("a.\"b.c\".d"), [&b"a"[..], b"b.c", b"d"]);
        assert!(attribute_path("").is_empty());
    }

    #[test]
    fn what_is_below_a_directory_has_no_slash_before_it() {
        assert_eq!(below(b"/a/b/c", b"/a"), Some(&b"b/c"[..]));
        assert_eq!(below(b"/a", b"/"), Some(&b"a"[..]));
        assert_eq!(below(b"/a", b"/a"), Some(&b""[..]));
        assert_eq!(below(b"/ab", b"/a"), None);
        assert_eq!(below(b"/", b"/a"), None);
    }

    #[test]
    fn a_sibling_with_the_same_start_is_not_within() {
        assert!(is_within(b"/a/b", b"/a"));
        assert!(!is_within(b"/ab", b"/a"));
        assert!(is_within(b"/x", b"/"));
    }
}
