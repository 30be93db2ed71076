//! Names inside brackets: collating symbols (`[.hyphen.]`), character classes (`[:alpha:]`) and
//! equivalence classes (`[=a=]`), in the "C" locale, as far as libstdc++ knows them.

use super::byte_set::ByteSet;

/// The names of the ASCII characters that are not their own name, by ranges of code.
/// POSIX.1-2024, 6.1 "Portable Character Set"; libstdc++ spells some of them its own way (`alert`,
/// `hyphen`, `period`, `slash`, `left-curly-bracket`) and knows no alternatives.
const CONTROLS: [&[u8]; 32] = [
    b"NUL",
    b"SOH",
    b"STX",
    b"ETX",
    b"EOT",
    b"ENQ",
    b"ACK",
    b"alert",
    b"backspace",
    b"tab",
    b"newline",
    b"vertical-tab",
    b"form-feed",
    b"carriage-return",
    b"SO",
    b"SI",
    b"DLE",
    b"DC1",
    b"DC2",
    b"DC3",
    b"DC4",
    b"NAK",
    b"SYN",
    b"ETB",
    b"CAN",
    b"EM",
    b"SUB",
    b"ESC",
    b"IS4",
    b"IS3",
    b"IS2",
    b"IS1",
];
const FROM_SPACE: [&[u8]; 33] = [
    b"space",
    b"exclamation-mark",
    b"quotation-mark",
    b"number-sign",
    b"dollar-sign",
    b"percent-sign",
    b"ampersand",
    b"apostrophe",
    b"left-parenthesis",
    b"right-parenthesis",
    b"asterisk",
    b"plus-sign",
    b"comma",
    b"hyphen",
    b"period",
    b"slash",
    b"zero",
    b"one",
    b"two",
    b"three",
    b"four",
    b"five",
    b"six",
    b"seven",
    b"eight",
    b"nine",
    b"colon",
    b"semicolon",
    b"less-than-sign",
    b"equals-sign",
    b"greater-than-sign",
    b"question-mark",
    b"commercial-at",
];
const FROM_LEFT_SQUARE_BRACKET: [&[u8]; 6] = [
    b"left-square-bracket",
    b"backslash",
    b"right-square-bracket",
    b"circumflex",
    b"underscore",
    b"grave-accent",
];
const FROM_LEFT_CURLY_BRACKET: [&[u8]; 5] = [
    b"left-curly-bracket",
    b"vertical-line",
    b"right-curly-bracket",
    b"tilde",
    b"DEL",
];

/// The character that a collating symbol names.
pub(super) fn collating_symbol(name: &[u8]) -> Option<u8> {
    if let [letter] = name {
        return letter.is_ascii_alphabetic().then_some(*letter);
    }
    let tables: [(u8, &[&[u8]]); 4] = [
        (0, &CONTROLS),
        (b' ', &FROM_SPACE),
        (b'[', &FROM_LEFT_SQUARE_BRACKET),
        (b'{', &FROM_LEFT_CURLY_BRACKET),
    ];
    tables.iter().find_map(|(first, names)| {
        names
            .iter()
            .position(|candidate| *candidate == name)
            .map(|index| first + index as u8)
    })
}

/// The characters equivalent to the named one. libstdc++ folds case before it collates, so `[=a=]`
/// holds `A` too.
pub(super) fn equivalence_class(name: &[u8]) -> Option<ByteSet> {
    let character = collating_symbol(name)?;
    Some(ByteSet::from_fn(|byte| {
        byte.eq_ignore_ascii_case(&character)
    }))
}

/// The members of a character class. Names are looked up without regard to case, and libstdc++
/// knows the single letters `d`, `s` and `w` besides those of POSIX.
pub(super) fn character_class(name: &[u8]) -> Option<ByteSet> {
    let is_space = |byte: u8| matches!(byte, b'\t'..=b'\r' | b' ');
    let is_member: &dyn Fn(u8) -> bool = match name.to_ascii_lowercase().as_slice() {
        b"alnum" => &|byte| byte.is_ascii_alphanumeric(),
        b"alpha" => &|byte| byte.is_ascii_alphabetic(),
        b"blank" => &|byte| matches!(byte, b'\t' | b' '),
        b"cntrl" => &|byte| byte.is_ascii_control(),
        b"d" | b"digit" => &|byte| byte.is_ascii_digit(),
        b"graph" => &|byte| byte.is_ascii_graphic(),
        b"lower" => &|byte| byte.is_ascii_lowercase(),
        b"print" => &|byte| matches!(byte, b' '..=b'~'),
        b"punct" => &|byte| byte.is_ascii_punctuation(),
        b"s" | b"space" => &is_space,
        b"upper" => &|byte| byte.is_ascii_uppercase(),
        b"w" => &|byte| byte.is_ascii_alphanumeric() || byte == b'_',
        b"xdigit" => &|byte| byte.is_ascii_hexdigit(),
        _ => return None,
    };
    Some(ByteSet::from_fn(is_member))
}
