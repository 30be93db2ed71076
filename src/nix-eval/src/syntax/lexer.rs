//! Text to tokens, by the longest match as Nix's `lexer.l` does it. Strings, indented strings and
//! paths are read piece by piece, on the parser's demand; no token outlives its text.

use std::borrow::Cow;
use std::cell::Cell;

use memchr::{memchr2, memmem};

use crate::syntax::parser::ParseError;

/// A token outside of strings and paths.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Token {
    End,
    Id,
    Int(i64),
    Float(f64),
    /// `"`
    Quote,
    /// `''`, with the spaces and newline that may follow
    IndentedOpen,
    /// A path, or its first part: then the lexer is in the middle of it.
    Path,
    /// The same, starting with `~/`.
    HomePath,
    /// `<…>`
    SearchPath,
    Uri,
    If,
    Then,
    Else,
    Assert,
    With,
    Let,
    In,
    Rec,
    Inherit,
    Or,
    Ellipsis,
    Equal,
    NotEqual,
    LessEqual,
    GreaterEqual,
    And,
    OrOp,
    Implies,
    Update,
    ConcatLists,
    PipeFrom,
    PipeInto,
    DollarCurly,
    /// Any other byte.
    Byte(u8),
}

/// A token and where it lies.
#[derive(Clone, Copy)]
pub(super) struct Lexeme {
    pub(super) token: Token,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// A piece of a string, indented string or path.
pub(super) enum Piece<'a> {
    /// Text, unescaped; `true` where it counts for an indented string's indentation.
    Text(Cow<'a, [u8]>, bool),
    /// `${`
    Interpolation,
    /// The closing quotes, or the end of the path.
    Close,
    /// The text ended inside.
    End,
}

pub(super) struct Lexer<'a> {
    text: &'a [u8],
    pub(super) at: usize,
    /// The run of bytes that paths are made of in which the last name began.
    path_run: Cell<Run>,
    /// The same for schemes of URIs.
    scheme_run: Cell<Run>,
    #[cfg(test)]
    looked_at: Cell<usize>,
}

/// Bytes of one class, one after the other. In `a.b.c` each name is the start of what may be a path or
/// a URI; how far that goes is found out once.
#[derive(Clone, Copy, Default)]
struct Run {
    start: usize,
    end: usize,
}

const PATH: u8 = 1;
const ID_START: u8 = 2;
const ID: u8 = 4;
const URI: u8 = 8;
const SCHEME: u8 = 16;
/// Where text of a `"…"` string may end, or not stand for itself.
const STRING_END: u8 = 32;

static CLASS: [u8; 256] = {
    let mut table = [0u8; 256];
    let mut i = 0;
    while i < 256 {
        let b = i as u8;
        let alpha = b.is_ascii_alphabetic();
        let digit = b.is_ascii_digit();
        let mut class = 0;
        if alpha || digit || matches!(b, b'.' | b'_' | b'-' | b'+') {
            class |= PATH;
        }
        if alpha || b == b'_' {
            class |= ID_START;
        }
        if alpha || digit || matches!(b, b'_' | b'\'' | b'-') {
            class |= ID;
        }
        if alpha || digit || matches!(b, b'+' | b'-' | b'.') {
            class |= SCHEME;
        }
        if alpha
            || digit
            || matches!(
                b,
                b'%' | b'/'
                    | b'?'
                    | b':'
                    | b'@'
                    | b'&'
                    | b'='
                    | b'+'
                    | b'$'
                    | b','
                    | b'-'
                    | b'_'
                    | b'.'
                    | b'!'
                    | b'~'
                    | b'*'
                    | b'\''
            )
        {
            class |= URI;
        }
        if matches!(b, b'"' | b'\\' | b'$' | b'\r') {
            class |= STRING_END;
        }
        table[i] = class;
        i += 1;
    }
    table
};

fn is(byte: u8, class: u8) -> bool {
    CLASS[byte as usize] & class != 0
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self {
            text,
            at: 0,
            path_run: Cell::default(),
            scheme_run: Cell::default(),
            #[cfg(test)]
            looked_at: Cell::default(),
        }
    }

    fn peek(&self, offset: usize) -> u8 {
        self.text.get(self.at + offset).copied().unwrap_or(0)
    }

    fn byte(&self, at: usize) -> u8 {
        self.text.get(at).copied().unwrap_or(0)
    }

    fn skip_class(&self, mut at: usize, class: u8) -> usize {
        let known = match class {
            PATH => Some(&self.path_run),
            SCHEME => Some(&self.scheme_run),
            _ => None,
        };
        if let Some(run) = known.map(Cell::get)
            && (run.start..run.end).contains(&at)
        {
            return run.end;
        }
        let start = at;
        while at < self.text.len() && is(self.text[at], class) {
            at += 1;
        }
        #[cfg(test)]
        self.looked_at.set(self.looked_at.get() + at - start);
        // The part after a slash that turned out to be none is no reason to forget what was before.
        if let Some(known) = known
            && at > start
        {
            known.set(Run { start, end: at });
        }
        at
    }

    /// Spaces and comments. An unterminated `/*` is left for the parser to stumble over.
    fn skip_blank(&mut self) {
        while let Some(&byte) = self.text.get(self.at) {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => self.at += 1,
                b'#' => {
                    let rest = &self.text[self.at..];
                    self.at += memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
                }
                b'/' if self.peek(1) == b'*' => {
                    let body = &self.text[self.at + 2..];
                    match memmem::find(body, b"*/") {
                        Some(length) => self.at += length + 4,
                        None => return,
                    }
                }
                _ => return,
            }
        }
    }

    /// The first byte of the next token outside of strings and paths; 0 at the end.
    pub(super) fn next_byte(&mut self) -> u8 {
        self.skip_blank();
        self.peek(0)
    }

    /// The next token outside of strings and paths.
    pub(super) fn next(&mut self) -> Result<Lexeme, ParseError> {
        self.skip_blank();
        let start = self.at;
        let Some(&first) = self.text.get(start) else {
            return Ok(Lexeme {
                token: Token::End,
                start,
                end: start,
            });
        };
        let (token, end) = self.token(first, start)?;
        self.at = end;
        Ok(Lexeme { token, start, end })
    }

    fn token(&self, first: u8, start: usize) -> Result<(Token, usize), ParseError> {
        if is(first, ID_START) {
            let end = self.skip_class(start, ID);
            // A path or a URI that starts like a name goes on with one of these.
            if !matches!(self.byte(end), b'/' | b'.' | b'+' | b':') {
                return Ok((self.keyword_or_name(start, end), end));
            }
        }
        if (is(first, PATH) || first == b'/' || first == b'~')
            && let Some(path) = self.path_start(start)
        {
            return Ok(path);
        }
        if is(first, ID_START) {
            return Ok(self.word(start));
        }
        if first.is_ascii_digit() || (first == b'.' && self.byte(start + 1).is_ascii_digit()) {
            return self.number(start);
        }
        let second = self.byte(start + 1);
        let two = |token| Ok((token, start + 2));
        match (first, second) {
            (b'.', b'.') if self.byte(start + 2) == b'.' => Ok((Token::Ellipsis, start + 3)),
            (b'=', b'=') => two(Token::Equal),
            (b'!', b'=') => two(Token::NotEqual),
            (b'<', b'=') => two(Token::LessEqual),
            (b'>', b'=') => two(Token::GreaterEqual),
            (b'&', b'&') => two(Token::And),
            (b'|', b'|') => two(Token::OrOp),
            (b'-', b'>') => two(Token::Implies),
            (b'/', b'/') => two(Token::Update),
            (b'+', b'+') => two(Token::ConcatLists),
            (b'<', b'|') => two(Token::PipeFrom),
            (b'|', b'>') => two(Token::PipeInto),
            (b'$', b'{') => two(Token::DollarCurly),
            // What Nix's scanner hands on as token number 0, which is the end.
            (0, _) => Ok((Token::End, start + 1)),
            (b'"', _) => Ok((Token::Quote, start + 1)),
            (b'\'', b'\'') => {
                let mut end = start + 2;
                while self.byte(end) == b' ' {
                    end += 1;
                }
                let end = if self.byte(end) == b'\n' {
                    end + 1
                } else {
                    start + 2
                };
                Ok((Token::IndentedOpen, end))
            }
            (b'<', _) => Ok(self
                .search_path(start)
                .unwrap_or((Token::Byte(first), start + 1))),
            _ => Ok((Token::Byte(first), start + 1)),
        }
    }

    /// A path, a home path, or the start of one that goes on with `${`.
    fn path_start(&self, start: usize) -> Option<(Token, usize)> {
        let home = self.byte(start) == b'~';
        let token = if home { Token::HomePath } else { Token::Path };
        let slash = if home {
            start + 1
        } else {
            self.skip_class(start, PATH)
        };
        if self.byte(slash) != b'/' {
            return None;
        }
        if let Some(end) = self.path_segments(slash) {
            return Some((token, end));
        }
        let interpolated = self.byte(slash + 1) == b'$' && self.byte(slash + 2) == b'{';
        interpolated.then_some((token, slash + 1))
    }

    /// `(/PATH_CHAR+)+/?` from the slash at `at`.
    fn path_segments(&self, mut at: usize) -> Option<usize> {
        let from = at;
        while self.byte(at) == b'/' {
            let end = self.skip_class(at + 1, PATH);
            if end == at + 1 {
                break;
            }
            at = end;
        }
        if at == from {
            return None;
        }
        Some(if self.byte(at) == b'/' { at + 1 } else { at })
    }

    fn search_path(&self, start: usize) -> Option<(Token, usize)> {
        let mut at = self.skip_class(start + 1, PATH);
        if at == start + 1 {
            return None;
        }
        while self.byte(at) == b'/' {
            let end = self.skip_class(at + 1, PATH);
            if end == at + 1 {
                return None;
            }
            at = end;
        }
        (self.byte(at) == b'>').then_some((Token::SearchPath, at + 1))
    }

    /// An identifier, a keyword or a URI, whichever is longest.
    fn word(&self, start: usize) -> (Token, usize) {
        let end = self.skip_class(start, ID);
        if self.byte(start).is_ascii_alphabetic() {
            let colon = self.skip_class(start, SCHEME);
            if self.byte(colon) == b':' {
                let uri = self.skip_class(colon + 1, URI);
                if uri > colon + 1 && uri > end {
                    return (Token::Uri, uri);
                }
            }
        }
        (self.keyword_or_name(start, end), end)
    }

    fn keyword_or_name(&self, start: usize, end: usize) -> Token {
        match &self.text[start..end] {
            b"if" => Token::If,
            b"then" => Token::Then,
            b"else" => Token::Else,
            b"assert" => Token::Assert,
            b"with" => Token::With,
            b"let" => Token::Let,
            b"in" => Token::In,
            b"rec" => Token::Rec,
            b"inherit" => Token::Inherit,
            b"or" => Token::Or,
            _ => Token::Id,
        }
    }

    fn digits(&self, mut at: usize) -> usize {
        while self.byte(at).is_ascii_digit() {
            at += 1;
        }
        at
    }

    fn number(&self, start: usize) -> Result<(Token, usize), ParseError> {
        let whole = self.digits(start);
        if let Some(end) = self.float_end(start, whole) {
            let text = String::from_utf8_lossy(&self.text[start..end]);
            let value: f64 = text.parse().unwrap_or(f64::INFINITY);
            // strtod reports a range error for what overflows or underflows.
            if !value.is_finite() || (value.abs() < f64::MIN_POSITIVE && has_nonzero(&text)) {
                return Err(ParseError::new(start, format!("invalid float '{text}'")));
            }
            return Ok((Token::Float(value), end));
        }
        let text = String::from_utf8_lossy(&self.text[start..whole]);
        match text.parse() {
            Ok(value) => Ok((Token::Int(value), whole)),
            Err(_) => Err(ParseError::new(start, format!("invalid integer '{text}'"))),
        }
    }

    /// `(([1-9][0-9]*\.[0-9]*)|(0?\.[0-9]+))([Ee][+-]?[0-9]+)?`
    fn float_end(&self, start: usize, whole: usize) -> Option<usize> {
        if self.byte(whole) != b'.' {
            return None;
        }
        let fraction = self.digits(whole + 1);
        let starts_nonzero = (b'1'..=b'9').contains(&self.byte(start));
        if !starts_nonzero && (whole - start > 1 || fraction == whole + 1) {
            return None;
        }
        let mantissa = fraction;
        if !matches!(self.byte(mantissa), b'e' | b'E') {
            return Some(mantissa);
        }
        let sign = usize::from(matches!(self.byte(mantissa + 1), b'+' | b'-'));
        let exponent = self.digits(mantissa + 1 + sign);
        Some(if exponent > mantissa + 1 + sign {
            exponent
        } else {
            mantissa
        })
    }

    /// The next piece of a `"…"` string.
    pub(super) fn string_piece(&mut self) -> Result<Piece<'a>, ParseError> {
        let start = self.at;
        match (self.peek(0), self.peek(1)) {
            _ if start >= self.text.len() => return Ok(Piece::End),
            (b'"', _) => {
                self.at += 1;
                return Ok(Piece::Close);
            }
            (b'$', b'{') => {
                self.at += 2;
                return Ok(Piece::Interpolation);
            }
            _ => {}
        }
        let end = self.plain_string_end(start);
        let text = match (self.byte(end), self.byte(end + 1)) {
            _ if end >= self.text.len() => {
                self.at = end;
                Cow::Borrowed(&self.text[start..])
            }
            (b'"', _) | (b'$', b'{') => {
                self.at = end;
                Cow::Borrowed(&self.text[start..end])
            }
            _ => match self.unescaped(end) {
                Some(text) => Cow::Owned(text),
                None => return Ok(Piece::End),
            },
        };
        no_null_byte(&text, start)?;
        Ok(Piece::Text(text, false))
    }

    /// Where the text of a `"…"` string from `at` on ends that stands for itself.
    fn plain_string_end(&self, mut at: usize) -> usize {
        while let Some(&byte) = self.text.get(at) {
            if is(byte, STRING_END) && (byte != b'$' || matches!(self.byte(at + 1), b'{' | b'$')) {
                break;
            }
            at += 1;
        }
        at
    }

    /// The text of a `"…"` string here, of which what is before `plain` stands for itself; `None` where the
    /// text ends first.
    fn unescaped(&mut self, plain: usize) -> Option<Vec<u8>> {
        let mut out = self.text[self.at..plain].to_vec();
        self.at = plain;
        while let Some(&byte) = self.text.get(self.at) {
            match byte {
                b'"' => break,
                b'\\' => {
                    out.push(unescape(*self.text.get(self.at + 1)?));
                    self.at += 2;
                }
                b'$' => match self.text.get(self.at + 1)? {
                    b'{' => break,
                    // `$$` is a pair, so that `$${` is text.
                    b'$' => {
                        out.extend_from_slice(b"$$");
                        self.at += 2;
                    }
                    _ => {
                        out.push(b'$');
                        self.at += 1;
                    }
                },
                b'\r' => {
                    out.push(b'\n');
                    self.at += if self.peek(1) == b'\n' { 2 } else { 1 };
                }
                _ => {
                    out.push(byte);
                    self.at += 1;
                }
            }
        }
        Some(out)
    }

    /// The next piece of a `''…''` string.
    pub(super) fn indented_piece(&mut self) -> Result<Piece<'a>, ParseError> {
        let start = self.at;
        if start >= self.text.len() {
            return Ok(Piece::End);
        }
        let end = self.indented_text_end(start);
        if end > start {
            self.at = end;
            let text = &self.text[start..end];
            no_null_byte(text, start)?;
            return Ok(Piece::Text(text.into(), true));
        }
        let text: Cow<'a, [u8]> = match (self.peek(0), self.peek(1), self.peek(2)) {
            (b'\'', b'\'', b'$') => {
                self.at += 3;
                Cow::Borrowed(b"$")
            }
            (b'\'', b'\'', b'\'') => {
                self.at += 3;
                Cow::Borrowed(b"''")
            }
            (b'\'', b'\'', b'\\') if start + 3 < self.text.len() => {
                let escaped = unescape(self.peek(3));
                self.at += 4;
                no_null_byte(&[escaped], start)?;
                Cow::Owned(vec![escaped])
            }
            (b'\'', b'\'', _) => {
                self.at += 2;
                return Ok(Piece::Close);
            }
            (b'$', b'{', _) => {
                self.at += 2;
                return Ok(Piece::Interpolation);
            }
            _ => {
                self.at += 1;
                Cow::Borrowed(&self.text[start..=start])
            }
        };
        Ok(Piece::Text(text, false))
    }

    /// `([^$']|\$[^{']|'[^'$])+`
    fn indented_text_end(&self, mut at: usize) -> usize {
        loop {
            let rest = &self.text[at..];
            let Some(plain) = memchr2(b'$', b'\'', rest) else {
                return self.text.len();
            };
            at += plain;
            at += match (self.text[at], self.text.get(at + 1)) {
                (b'$', Some(b'{' | b'\'') | None) | (b'\'', Some(b'\'' | b'$') | None) => {
                    return at;
                }
                _ => 2,
            };
        }
    }

    /// The next piece of a path, after its start or an interpolation in it. `slash` says whether
    /// the piece before ended with a slash.
    pub(super) fn path_piece(&mut self, slash: bool) -> Result<Piece<'a>, ParseError> {
        let start = self.at;
        if self.peek(0) == b'$' && self.peek(1) == b'{' {
            self.at += 2;
            return Ok(Piece::Interpolation);
        }
        let chars = self.skip_class(start, PATH);
        let end = if self.byte(chars) == b'/' {
            self.path_segments(chars).unwrap_or(chars + 1)
        } else {
            chars
        };
        if end == start {
            if slash {
                return Err(ParseError::new(start, "path has a trailing slash".into()));
            }
            return Ok(Piece::Close);
        }
        self.at = end;
        Ok(Piece::Text(self.text[start..end].into(), false))
    }
}

fn has_nonzero(float: &str) -> bool {
    let mantissa = float.split(['e', 'E']).next().unwrap_or_default();
    mantissa.bytes().any(|b| (b'1'..=b'9').contains(&b))
}

fn unescape(byte: u8) -> u8 {
    match byte {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        other => other,
    }
}

fn no_null_byte(text: &[u8], at: usize) -> Result<(), ParseError> {
    if !text.contains(&0) {
        return Ok(());
    }
    let shown = String::from_utf8_lossy(text).replace('\0', "␀");
    Err(ParseError::new(
        at,
        format!(
            "input string '{shown}' cannot be represented as Nix string because it contains null bytes"
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many bytes are looked at, again and again perhaps, until all tokens of a text are found.
    fn looked_at(text: &str) -> usize {
        let mut lexer = Lexer::new(text.as_bytes());
        while lexer.next().unwrap().token != Token::End {}
        lexer.looked_at.get()
    }

    #[test]
    fn long_texts_are_looked_at_in_proportion_to_their_length() {
        let long = |part: &str, end: &str| part.repeat(5000) + end;
        let texts = [
            long("a.", "a"),
            long("a.", "a//b"),
            long("a.", "a/"),
            long("a.", "a_:x"),
            long("a_.", "a"),
            long("1.", "1"),
            long("a+-.", ""),
            long("<a.", ""),
            long("a'.", ""),
            long("a:b ", ""),
            long("a/b ", ""),
            long("~/b ", ""),
        ];
        for text in texts {
            let looked_at = looked_at(&text);
            let most = 6 * text.len();
            assert!(looked_at <= most, "{looked_at} for {}…", &text[..12]);
        }
    }

    #[test]
    fn what_was_found_out_does_not_change_tokens() {
        let text = "a.b//c a.b/c d.e:f d_e:f ~/x/y ~x <a.b> <a.b ./a${b}.c/d 1.2.3.4/5 a/";
        let mut lexer = Lexer::new(text.as_bytes());
        loop {
            let at = lexer.at;
            let lexeme = lexer.next().unwrap();
            let mut fresh = Lexer::new(text.as_bytes());
            fresh.at = at;
            let again = fresh.next().unwrap();
            assert_eq!(
                (lexeme.token, lexeme.end),
                (again.token, again.end),
                "at {at}"
            );
            if lexeme.token == Token::End {
                break;
            }
        }
    }
}
