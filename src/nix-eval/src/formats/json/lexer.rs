//! The tokens of JSON, and what is wrong with text that is none, in the words of nlohmann's
//! library (`lexer.hpp`), which Nix passes on.

use super::read::JsonReadError;

/// A token.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Token {
    True,
    False,
    Null,
    /// The text is in [`Lexer::take_string`].
    String,
    Int(i64),
    /// A number without fraction or exponent that only fits without a sign.
    Unsigned(u64),
    Float(f64),
    /// A number that no float holds.
    Overflow,
    BeginArray,
    BeginObject,
    EndArray,
    EndObject,
    Colon,
    Comma,
    End,
}

impl Token {
    /// How messages call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::True => "true literal",
            Self::False => "false literal",
            Self::Null => "null literal",
            Self::String => "string literal",
            Self::Int(_) | Self::Unsigned(_) | Self::Float(_) | Self::Overflow => "number literal",
            Self::BeginArray => "'['",
            Self::BeginObject => "'{'",
            Self::EndArray => "']'",
            Self::EndObject => "'}'",
            Self::Colon => "':'",
            Self::Comma => "','",
            Self::End => "end of input",
        }
    }
}

/// Why there is no token.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Problem {
    /// The text is not JSON.
    Syntax(&'static str),
    /// A control character, which would have to be escaped.
    Control(u8),
}

/// The names of the control characters.
const CONTROL: [&str; 32] = [
    "NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "BEL", "BS", "HT", "LF", "VT", "FF", "CR",
    "SO", "SI", "DLE", "DC1", "DC2", "DC3", "DC4", "NAK", "SYN", "ETB", "CAN", "EM", "SUB", "ESC",
    "FS", "GS", "RS", "US",
];

const HEX: &str = "invalid string: '\\u' must be followed by 4 hex digits";
const LOW_MISSING: &str =
    "invalid string: surrogate U+D800..U+DBFF must be followed by U+DC00..U+DFFF";
const ILL_FORMED: &str = "invalid string: ill-formed UTF-8 byte";

pub(super) struct Lexer<'a> {
    text: &'a [u8],
    /// How many characters were read; the end counts as one.
    read: usize,
    /// Where the last string or number began: messages show what was read since.
    start: usize,
    string: Vec<u8>,
}

type Lexed<T> = Result<T, Problem>;

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self {
            text,
            read: 0,
            start: 0,
            string: Vec::new(),
        }
    }

    /// The text of the string token that was read last.
    pub(super) fn take_string(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.string)
    }

    /// Whether nothing was read but the end.
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The line and column of what was read last, from 1.
    fn place(&self) -> (usize, usize) {
        let seen = &self.text[..self.read.min(self.text.len())];
        let lines = seen.split(|&byte| byte == b'\n').count();
        let line_start = seen
            .iter()
            .rposition(|&byte| byte == b'\n')
            .map_or(0, |at| at + 1);
        (lines, self.read - line_start)
    }

    /// An error at what was read last.
    pub(super) fn error(&self, message: &str) -> JsonReadError {
        let (line, column) = self.place();
        JsonReadError(format!(
            "[json.exception.parse_error.101] parse error at line {line}, column {column}: {message}"
        ))
    }

    /// The error that `problem` is, found while reading `context`.
    pub(super) fn problem(&self, problem: Problem, context: &str, expected: &str) -> JsonReadError {
        let message = match problem {
            Problem::Syntax(message) => message.to_owned(),
            Problem::Control(byte) => control_message(byte),
        };
        self.error(&format!(
            "syntax error while parsing {context} - {message}; last read: '{}'{expected}",
            self.shown()
        ))
    }

    /// The error that the number read last is, which is too large.
    pub(super) fn overflow(&self) -> JsonReadError {
        JsonReadError(format!(
            "[json.exception.out_of_range.406] number overflow parsing '{}'",
            self.shown()
        ))
    }

    /// What was read since the last string or number began.
    fn shown(&self) -> String {
        let end = self.read.min(self.text.len());
        let mut shown = Vec::new();
        for &byte in &self.text[self.start.min(end)..end] {
            if byte < 0x20 {
                shown.extend_from_slice(format!("<U+{byte:04X}>").as_bytes());
            } else {
                shown.push(byte);
            }
        }
        String::from_utf8_lossy(&shown).into_owned()
    }

    fn get(&mut self) -> Option<u8> {
        self.read += 1;
        self.text.get(self.read - 1).copied()
    }

    fn begin(&mut self) {
        self.start = self.read - 1;
    }

    /// The next token.
    pub(super) fn next(&mut self) -> Lexed<Token> {
        if self.read == 0 {
            self.skip_byte_order_mark()?;
        }
        let first = loop {
            match self.get() {
                Some(b' ' | b'\t' | b'\n' | b'\r') => {}
                other => break other,
            }
        };
        match first {
            Some(b'[') => Ok(Token::BeginArray),
            Some(b']') => Ok(Token::EndArray),
            Some(b'{') => Ok(Token::BeginObject),
            Some(b'}') => Ok(Token::EndObject),
            Some(b':') => Ok(Token::Colon),
            Some(b',') => Ok(Token::Comma),
            Some(b't') => self.literal(b"rue", Token::True),
            Some(b'f') => self.literal(b"alse", Token::False),
            Some(b'n') => self.literal(b"ull", Token::Null),
            Some(b'"') => self.string().map(|()| Token::String),
            Some(digit @ (b'-' | b'0'..=b'9')) => self.number(digit),
            None | Some(0) => Ok(Token::End),
            Some(_) => Err(Problem::Syntax("invalid literal")),
        }
    }

    fn skip_byte_order_mark(&mut self) -> Lexed<()> {
        if self.text.first() != Some(&0xef) {
            return Ok(());
        }
        self.get();
        if self.get() == Some(0xbb) && self.get() == Some(0xbf) {
            return Ok(());
        }
        Err(Problem::Syntax(
            "invalid BOM; must be 0xEF 0xBB 0xBF if given",
        ))
    }

    fn literal(&mut self, rest: &[u8], token: Token) -> Lexed<Token> {
        for &expected in rest {
            if self.get() != Some(expected) {
                return Err(Problem::Syntax("invalid literal"));
            }
        }
        Ok(token)
    }

    fn string(&mut self) -> Lexed<()> {
        self.begin();
        self.string.clear();
        loop {
            let Some(byte) = self.get() else {
                return Err(Problem::Syntax("invalid string: missing closing quote"));
            };
            match byte {
                b'"' => return Ok(()),
                b'\\' => self.escape()?,
                0..0x20 => return Err(Problem::Control(byte)),
                0x20..0x80 => self.string.push(byte),
                _ => self.multibyte(byte)?,
            }
        }
    }

    fn escape(&mut self) -> Lexed<()> {
        let byte = match self.get() {
            Some(byte @ (b'"' | b'\\' | b'/')) => byte,
            Some(b'b') => 0x08,
            Some(b'f') => 0x0c,
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(b'u') => {
                let character = self.code_point()?;
                let mut buffer = [0; 4];
                let bytes = character.encode_utf8(&mut buffer).as_bytes();
                self.string.extend_from_slice(bytes);
                return Ok(());
            }
            _ => {
                return Err(Problem::Syntax(
                    "invalid string: forbidden character after backslash",
                ));
            }
        };
        self.string.push(byte);
        Ok(())
    }

    fn code_unit(&mut self) -> Lexed<u32> {
        let mut unit = 0;
        for _ in 0..4 {
            let digit = self.get().and_then(|byte| char::from(byte).to_digit(16));
            unit = unit * 16 + digit.ok_or(Problem::Syntax(HEX))?;
        }
        Ok(unit)
    }

    fn code_point(&mut self) -> Lexed<char> {
        let first = self.code_unit()?;
        let point = match first {
            0xd800..0xdc00 => {
                if self.get() != Some(b'\\') || self.get() != Some(b'u') {
                    return Err(Problem::Syntax(LOW_MISSING));
                }
                match self.code_unit()? {
                    second @ 0xdc00..0xe000 => {
                        0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00)
                    }
                    _ => return Err(Problem::Syntax(LOW_MISSING)),
                }
            }
            0xdc00..0xe000 => {
                return Err(Problem::Syntax(
                    "invalid string: surrogate U+DC00..U+DFFF must follow U+D800..U+DBFF",
                ));
            }
            _ => first,
        };
        char::from_u32(point).ok_or(Problem::Syntax(HEX))
    }

    /// The rest of a character outside of ASCII (RFC 3629, section 4).
    fn multibyte(&mut self, first: u8) -> Lexed<()> {
        let (second, more) = match first {
            0xc2..=0xdf => (0x80..=0xbf, 0),
            0xe0 => (0xa0..=0xbf, 1),
            0xe1..=0xec | 0xee | 0xef => (0x80..=0xbf, 1),
            0xed => (0x80..=0x9f, 1),
            0xf0 => (0x90..=0xbf, 2),
            0xf1..=0xf3 => (0x80..=0xbf, 2),
            0xf4 => (0x80..=0x8f, 2),
            _ => return Err(Problem::Syntax(ILL_FORMED)),
        };
        self.string.push(first);
        for index in 0..=more {
            let allowed = if index == 0 {
                second.clone()
            } else {
                0x80..=0xbf
            };
            match self.get() {
                Some(byte) if allowed.contains(&byte) => self.string.push(byte),
                _ => return Err(Problem::Syntax(ILL_FORMED)),
            }
        }
        Ok(())
    }

    /// Digits up to the first byte that is none, which counts as read.
    fn digits(&mut self, mut next: Option<u8>) -> Option<u8> {
        while next.is_some_and(|byte| byte.is_ascii_digit()) {
            next = self.get();
        }
        next
    }

    fn number(&mut self, first: u8) -> Lexed<Token> {
        let is_digit = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_digit());
        self.begin();
        let mut lead = Some(first);
        if first == b'-' {
            lead = self.get();
            if !is_digit(lead) {
                return Err(Problem::Syntax("invalid number; expected digit after '-'"));
            }
        }
        let mut next = self.get();
        if lead != Some(b'0') {
            next = self.digits(next);
        }
        let mut whole = true;
        if next == Some(b'.') {
            whole = false;
            next = self.get();
            if !is_digit(next) {
                return Err(Problem::Syntax("invalid number; expected digit after '.'"));
            }
            next = self.digits(next);
        }
        if matches!(next, Some(b'e' | b'E')) {
            whole = false;
            next = self.get();
            if matches!(next, Some(b'+' | b'-')) {
                next = self.get();
                if !is_digit(next) {
                    return Err(Problem::Syntax(
                        "invalid number; expected digit after exponent sign",
                    ));
                }
            } else if !is_digit(next) {
                return Err(Problem::Syntax(
                    "invalid number; expected '+', '-', or digit after exponent",
                ));
            }
            self.digits(next);
        }
        // The byte behind the number is read again.
        self.read -= 1;
        Ok(self.convert(whole))
    }

    fn convert(&self, whole: bool) -> Token {
        let text = std::str::from_utf8(&self.text[self.start..self.read]).unwrap_or_default();
        if whole {
            if let Ok(value) = text.parse() {
                return Token::Int(value);
            }
            if let Ok(value) = text.parse() {
                return Token::Unsigned(value);
            }
        }
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() => Token::Float(value),
            _ => Token::Overflow,
        }
    }
}

fn control_message(byte: u8) -> String {
    let short = match byte {
        0x08 => " or \\b",
        b'\t' => " or \\t",
        b'\n' => " or \\n",
        0x0c => " or \\f",
        b'\r' => " or \\r",
        _ => "",
    };
    let name = CONTROL.get(usize::from(byte)).copied().unwrap_or_default();
    format!(
        "invalid string: control character U+{byte:04X} ({name}) must be escaped to \\u{byte:04X}{short}"
    )
}
