//! How wide a text can become in whatever font a browser has for it.
//!
//! Which font that is nobody knows when the page is written. Widths are those of the widest among usual ones,
//! so that a text fits in all: the advance widths of `DejaVu Sans` 2.37, rounded up.

/// How heavy the letters are.
#[derive(Clone, Copy)]
pub(super) enum Weight {
    Regular,
    Bold,
}

/// The width of a text in ten-thousandths of the font's size.
pub(super) fn width(text: &str, weight: Weight) -> i32 {
    let letters = text.chars().map(|letter| match weight {
        Weight::Regular if letter.is_alphanumeric() || " .,-·".contains(letter) => {
            bold(letter) * 93
        }
        // Other signs are as wide in both weights.
        Weight::Regular | Weight::Bold => bold(letter) * 100,
    });
    letters.sum()
}

/// The width of a bold letter in hundredths of the font's size.
fn bold(letter: char) -> i32 {
    match letter {
        '\'' => 31,
        'i' | 'j' | 'l' | ' ' => 35,
        'I' | 'J' | '/' | '\\' | '|' | ',' | '.' | '·' => 38,
        '-' | ':' | ';' => 42,
        '!' | 'f' | '(' | ')' | '[' | ']' => 46,
        '_' | '`' | 'r' | 't' => 50,
        '"' | '*' | '?' | 'c' | 's' | 'z' => 60,
        'L' | 'k' | 'v' | 'x' | 'y' => 67,
        '$' | '0'..='9' | 'E' | 'F' | 'T' | 'a' | 'e' | 'o' => 70,
        '{' | '}' | 'b' | 'd' | 'g' | 'h' | 'n' | 'p' | 'q' | 'u' => 72,
        'P' | 'S' | 'Y' | 'Z' => 74,
        'A' | 'B' | 'C' | 'K' | 'R' | 'V' | 'X' => 78,
        '#' | '+' | '<' | '=' | '>' | '^' | '~' | 'D' | 'G' | 'H' | 'N' | 'U' => 84,
        '&' | 'O' | 'Q' => 88,
        'M' | 'w' | '\u{2010}'..='\u{2027}' => 100,
        'W' | 'm' => 111,
        // Latin with accents is as wide as without; capitals are, and so are a script's ideographs.
        '\u{a0}'..='\u{24f}' if letter.is_lowercase() => 75,
        // Wider than any single letter, a few ligatures apart.
        _ => 130,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn narrow_letters_take_less_than_broad_ones() {
        assert!(width("illi", Weight::Bold) < width("wamm", Weight::Bold) / 2);
    }

    #[test]
    fn regular_letters_take_less_than_bold_ones() {
        assert_eq!(width("10.", Weight::Bold), 17_800);
        assert_eq!(width("10.", Weight::Regular), 16_554);
    }
}
