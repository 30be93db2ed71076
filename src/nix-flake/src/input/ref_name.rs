//! Which names branches and tags may have.

/// Whether Git would take `name` for a reference, a branch or a tag (`git-check-ref-format`, with
/// the liberties of libgit2 that Nix relies on).
#[must_use]
pub fn is_legal_ref_name(name: &str) -> bool {
    let legal_character = |c: char| c > ' ' && c != '\x7f' && !"~^:\\?[*".contains(c);
    let legal_part = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.strip_suffix(".lock").is_none()
            && !part.contains("..")
            && !part.contains("@{")
            && part.chars().all(legal_character)
    };
    // A branch or tag may not look like an option; a longer reference may.
    let looks_like_option = name.starts_with('-') && !name.contains('/');
    name != "@" && !looks_like_option && !name.ends_with('.') && name.split('/').all(legal_part)
}

#[cfg(test)]
mod tests {
    use super::is_legal_ref_name;

    #[test]
    fn names_that_git_takes() {
        for name in [
            "main",
            "HEAD",
            "refs/heads/x",
            "v1.0",
            "a@b",
            "-x/y",
            "feature/ä",
        ] {
            assert!(is_legal_ref_name(name), "{name}");
        }
    }

    #[test]
    fn names_that_git_refuses() {
        for name in [
            "", "@", "a b", "a..b", ".a", "a/", "/a", "a//b", "a.lock", "a.", "-x", "a@{b", "a*",
        ] {
            assert!(!is_legal_ref_name(name), "{name}");
        }
    }
}
