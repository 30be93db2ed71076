//! Attribute paths as text: `a."b.c".d`.

/// An expression that selects `path` from `whole`; every name is quoted, so that keywords and
/// names with dots may stand in it.
///
/// # Examples
///
/// ```
/// assert_eq!(oracle::attribute::select("x", "a.\"b.c\""), "x.\"a\".\"b.c\"");
/// assert_eq!(oracle::attribute::select("x", ""), "x");
/// ```
#[must_use]
pub fn select(whole: &str, path: &str) -> String {
    let mut text = whole.to_owned();
    for name in names(path) {
        text.push_str(".\"");
        for character in name.chars() {
            if matches!(character, '"' | '\\' | '$') {
                text.push('\\');
            }
            text.push(character);
        }
        text.push('"');
    }
    text
}

/// The names of a path. Quotes keep dots together.
fn names(path: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut name = String::new();
    let mut quoted = false;
    for character in path.chars() {
        match character {
            '"' => quoted = !quoted,
            '.' if !quoted => names.push(std::mem::take(&mut name)),
            _ => name.push(character),
        }
    }
    if !path.is_empty() {
        names.push(name);
    }
    names
}
