//! A stand-in for the store path of a tree. The hash in that path changes with every byte of the
//! tree, and is in `toString ./file` and so in the key of every module, where nobody looks at it.
//! Evaluation goes on under a hash that stands in for it, and notes whether anything came of what
//! that hash is. Where nothing did, the result holds for every tree that is the same as far as it
//! was read.
//!
//! What gives the same for any hash, with that hash in its place, needs no note: joining strings,
//! equality, length, the base of a path and its folder, a part of a string that holds the hash
//! whole or not at all. Everything else that reads the bytes of a string tells it here.

use memchr::memmem;
use nix_store::StorePath;

/// As many digits as a store path has, and no text. In two parts, so that this file is none either.
const DIGITS: &str = concat!("8k3xz0m5wq7vj2nh", "c1rbl4gfy9spaid6");
/// The digits that hashes in store paths are written in.
const ALPHABET: &[u8] = b"0123456789abcdfghijklmnpqrsvwxyz";

/// The tree whose path is hidden, and whether somebody saw that.
#[derive(Default)]
pub(crate) struct StandIn {
    real: Option<StorePath>,
    is_seen: bool,
}

/// Whether the stand-in is in a text.
#[must_use]
pub fn has_stand_in(text: &[u8]) -> bool {
    text.len() >= DIGITS.len() && memmem::find(text, DIGITS.as_bytes()).is_some()
}

/// The path that a tree is shown under in place of its own.
#[must_use]
pub fn stand_in_path(real: &StorePath) -> Option<StorePath> {
    StorePath::parse(format!("{DIGITS}-{}", real.name()).as_bytes()).ok()
}

/// A text as it is with the real path in place of the stand-in.
#[must_use]
pub fn with_real_path(text: &str, real: &StorePath) -> String {
    let hash = real.base_name().get(..DIGITS.len()).unwrap_or_default();
    text.replace(DIGITS, hash)
}

impl StandIn {
    /// Bytes were read, and what came of them may depend on any.
    #[inline]
    pub(crate) fn read(&mut self, text: &[u8]) {
        if self.real.is_some() && has_stand_in(text) {
            self.is_seen = true;
        }
    }

    /// Whether any text needs a closer look.
    #[inline]
    fn is_in_one_of(&self, texts: [&[u8]; 2]) -> bool {
        self.real.is_some() && texts.into_iter().any(has_stand_in)
    }

    /// Two texts were put in order.
    #[inline]
    pub(crate) fn compared(&mut self, left: &[u8], right: &[u8]) {
        if self.is_in_one_of([left, right]) {
            let same = left.iter().zip(right).take_while(|(a, b)| a == b).count();
            let decides = |text: &[u8]| {
                places(text).any(|start| (start..start + DIGITS.len()).contains(&same))
            };
            self.is_seen |= left != right && (decides(left) || decides(right));
        }
    }

    /// A part of a text was taken.
    #[inline]
    pub(crate) fn cut(&mut self, text: &[u8], from: usize, to: usize) {
        if self.is_in_one_of([text, &[]]) {
            self.is_seen |= places(text).any(|start| {
                let end = start + DIGITS.len();
                let is_inside = |cut: usize| start < cut && cut < end;
                from < to && (is_inside(from) || is_inside(to))
            });
        }
    }

    /// Texts were looked for in another one. Where they hold no digit, they are not in a hash.
    #[inline]
    pub(crate) fn searched(&mut self, text: &[u8], patterns: &[Vec<u8>]) {
        if self.is_in_one_of([text, &[]]) {
            let may_hit = |pattern: &Vec<u8>| {
                pattern.is_empty() || pattern.iter().any(|byte| ALPHABET.contains(byte))
            };
            self.is_seen |= patterns.iter().any(may_hit);
        }
    }

    /// Something was stored that may be just what is hidden.
    pub(crate) fn stored(&mut self, path: &StorePath) {
        self.is_seen |= self.real.as_ref() == Some(path);
    }

    /// Hides the path of a tree: the path it is shown under.
    pub(crate) fn hide(&mut self, real: &StorePath) -> StorePath {
        self.real = Some(real.clone());
        stand_in_path(real).unwrap_or_else(|| {
            self.is_seen = true;
            real.clone()
        })
    }

    /// Whether a path is hidden.
    #[inline]
    pub(crate) fn is_used(&self) -> bool {
        self.real.is_some()
    }

    /// Whether what is hidden may have been seen.
    pub(crate) fn is_seen(&self) -> bool {
        self.is_seen
    }

    /// Something that changes with every tree was asked for.
    pub(crate) fn asked(&mut self) {
        self.is_seen = true;
    }
}

fn places(text: &[u8]) -> impl Iterator<Item = usize> {
    memmem::find_iter(text, DIGITS.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = DIGITS;

    fn notices(work: impl FnOnce(&mut StandIn)) -> bool {
        let mut stand_in = StandIn::default();
        let real = StorePath::parse(b"00000000000000000000000000000000-source").unwrap();
        let shown = stand_in.hide(&real);
        assert_eq!(shown.base_name(), format!("{HASH}-source"));
        work(&mut stand_in);
        stand_in.is_seen()
    }

    fn path() -> String {
        format!("/nix/store/{HASH}-source/modules")
    }

    #[test]
    fn parts_that_hold_the_hash_whole_or_not_at_all_do_not_show_it() {
        let path = path();
        let start = "/nix/store/".len();
        let end = start + HASH.len();
        for (from, to, is_seen) in [
            (0, start, false),
            (0, end, false),
            (start, end, false),
            (end, path.len(), false),
            (0, start + 1, true),
            (start + 1, path.len(), true),
            (start + 3, start + 5, true),
            (start + 3, start + 3, false),
            (0, end - 1, true),
        ] {
            let found = notices(|stand_in| stand_in.cut(path.as_bytes(), from, to));
            assert_eq!(found, is_seen, "{from}..{to}");
        }
    }

    #[test]
    fn order_shows_the_hash_where_the_hash_decides() {
        let path = path();
        for (other, is_seen) in [
            ("/etc", false),
            ("/nix/store/00000000000000000000000000000000-x", true),
            ("/nix/store/", true),
            ("/nix/store", false),
            (&*format!("/nix/store/{HASH}-source/hosts"), false),
            (&*path, false),
        ] {
            for (left, right) in [(&*path, other), (other, &*path)] {
                let found = notices(|seen| seen.compared(left.as_bytes(), right.as_bytes()));
                assert_eq!(found, is_seen, "{left} < {right}");
            }
        }
    }

    #[test]
    fn what_may_be_found_in_a_hash_shows_it() {
        for (patterns, is_seen) in [
            (vec!["/"], false),
            (vec!["-", "\"", "'"], false),
            (vec![""], true),
            (vec!["/", "/0"], true),
        ] {
            let bytes: Vec<Vec<u8>> = patterns
                .iter()
                .map(|text| text.as_bytes().to_vec())
                .collect();
            let found = notices(|seen| seen.searched(path().as_bytes(), &bytes));
            assert_eq!(found, is_seen, "{patterns:?}");
        }
    }

    #[test]
    fn the_real_path_comes_back() {
        let real = StorePath::parse(b"00000000000000000000000000000000-source").unwrap();
        let shown = with_real_path(&format!("in {}: no", path()), &real);
        let expected = "in /nix/store/00000000000000000000000000000000-source/modules: no";
        assert_eq!(shown, expected);
    }
}
