//! Whether the difference of a text holds just the lines that differ.

use std::collections::BTreeMap;

/// How often each line is in one text and not in the other: positive where it came.
type Balance = BTreeMap<String, i64>;

/// A line with the hashes of its store paths left out.
fn plain(line: &str) -> String {
    let mut parts = line.split("/nix/store/");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push_str("/nix/store/");
        match part.get(32..) {
            Some(rest) if rest.starts_with('-') => {
                text.push('…');
                text.push_str(rest);
            }
            _ => text.push_str(part),
        }
    }
    text
}

/// The balance of two texts.
#[must_use]
pub fn of_texts(old: &str, new: &str) -> Balance {
    let mut balance = Balance::new();
    for (text, weight) in [(old, -1), (new, 1)] {
        for line in text.lines() {
            *balance.entry(plain(line)).or_default() += weight;
        }
    }
    balance.retain(|_, weight| *weight != 0);
    balance
}

/// The balance that a difference in the unified format claims.
#[must_use]
pub fn of_difference(difference: &str) -> Balance {
    let mut balance = Balance::new();
    for line in difference.lines() {
        let (weight, line) = match line.split_at_checked(1) {
            Some(("+", line)) => (1, line),
            Some(("-", line)) => (-1, line),
            _ => continue,
        };
        *balance.entry(line.to_owned()).or_default() += weight;
    }
    balance.retain(|_, weight| *weight != 0);
    balance
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_moved_is_in_balance_and_one_that_changed_is_not() {
        assert_eq!(of_texts("a\nb\n", "b\na\n"), Balance::new());
        let changed = of_texts("a\nb\n", "a\nc\n");
        assert_eq!(changed, of_difference("@@ -1,2 +1,2 @@\n a\n-b\n+c\n"));
    }

    #[test]
    fn hashes_do_not_count() {
        let path = |letter: &str| format!("x=/nix/store/{}-y\n", letter.repeat(32));
        assert_eq!(of_texts(&path("a"), &path("b")), Balance::new());
    }
}
