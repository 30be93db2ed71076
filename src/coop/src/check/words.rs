//! NixOS's words made fit for a finding: shorter, and in people's terms.

/// The most text that is shown of what NixOS says, in characters.
const LONGEST: usize = 300;

pub(super) fn first_line(text: &str) -> String {
    let line = text.trim().lines().next().unwrap_or_default();
    shortened(line)
}

pub(super) fn shortened(text: &str) -> String {
    let text = text.trim();
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let start: String = text.chars().take(LONGEST).collect();
    format!("{start}…")
}

/// A type's description as nixpkgs has it, in people's words where there are any.
pub(super) fn in_words(wanted: &str) -> String {
    match wanted {
        "boolean" => "true or false".to_owned(),
        "string" | "single-line string" => "a text in quotes".to_owned(),
        "signed integer" => "a whole number".to_owned(),
        "package" => "a package, which TOML cannot name".to_owned(),
        other => shortened(other),
    }
}

/// `keepDays` is `keep_days` in coop.toml.
pub(super) fn snake_case(name: &str) -> String {
    let mut text = String::new();
    for mark in name.chars() {
        if mark.is_ascii_uppercase() {
            text.push('_');
        }
        text.push(mark.to_ascii_lowercase());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_has_one_line_and_an_end() {
        assert_eq!(first_line("\n one \n two"), "one");
        let long = "ä".repeat(400);
        assert_eq!(shortened(&long).chars().count(), LONGEST + 1);
    }

    #[test]
    fn names_are_written_as_in_coop_toml() {
        assert_eq!(snake_case("keepDays"), "keep_days");
        assert_eq!(snake_case("domain"), "domain");
    }

    #[test]
    fn types_are_said_in_words() {
        assert_eq!(in_words("boolean"), "true or false");
        assert_eq!(in_words("one of \"a\", \"b\""), "one of \"a\", \"b\"");
    }
}
