//! JSON as Nix reads it: strict syntax, 64-bit integers, floats for what is larger, and no limit
//! to nesting (what is open is kept in a vector, not on the stack).

/// A JSON value.
#[derive(Debug, PartialEq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number without fraction and exponent.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// A string.
    String(Vec<u8>),
    /// An array.
    Array(Vec<Json>),
    /// An object; each name stands once, with its last value.
    Object(Vec<(Vec<u8>, Json)>),
}

impl Json {
    fn move_children(&mut self, out: &mut Vec<Json>) {
        match self {
            Json::Array(items) => out.append(items),
            Json::Object(entries) => out.extend(entries.drain(..).map(|(_, value)| value)),
            _ => {}
        }
    }
}

/// Without recursion, as values may be nested to any depth.
impl Drop for Json {
    fn drop(&mut self) {
        let mut pending = Vec::new();
        self.move_children(&mut pending);
        while let Some(mut value) = pending.pop() {
            value.move_children(&mut pending);
        }
    }
}

/// Text that is not JSON.
#[derive(Debug, PartialEq, thiserror::Error)]
#[error("{problem} at byte {offset} of the JSON text")]
pub struct JsonReadError {
    /// Where it went wrong.
    pub offset: usize,
    /// What is wrong there.
    pub problem: &'static str,
}

/// Something that is still open.
enum Open {
    Array(Vec<Json>),
    Object(Vec<(Vec<u8>, Json)>, Vec<u8>),
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

/// Reads one value.
///
/// # Errors
/// Where the text is not exactly one JSON value.
pub fn parse(text: &[u8]) -> Result<Json, JsonReadError> {
    if let Err(error) = std::str::from_utf8(text) {
        return Err(JsonReadError {
            offset: error.valid_up_to(),
            problem: "invalid UTF-8",
        });
    }
    // A byte order mark at the start is skipped.
    let start = if text.starts_with(b"\xef\xbb\xbf") {
        3
    } else {
        0
    };
    let mut reader = Reader { text, at: start };
    let mut open: Vec<Open> = Vec::new();
    loop {
        let Some(mut value) = reader.start(&mut open)? else {
            continue;
        };
        // Give the value to what is open, closing as much as ends here.
        loop {
            match open.pop() {
                None => {
                    reader.blank();
                    if reader.at < text.len() {
                        return Err(reader.error("unexpected text after the value"));
                    }
                    return Ok(value);
                }
                Some(Open::Array(mut items)) => {
                    items.push(value);
                    if reader.next_or_end(b']')? {
                        value = Json::Array(items);
                        continue;
                    }
                    open.push(Open::Array(items));
                }
                Some(Open::Object(mut entries, name)) => {
                    entries.push((name, value));
                    if reader.next_or_end(b'}')? {
                        value = object(entries);
                        continue;
                    }
                    let name = reader.name()?;
                    open.push(Open::Object(entries, name));
                }
            }
            break;
        }
    }
}

/// Of several entries with one name the last counts.
fn object(mut entries: Vec<(Vec<u8>, Json)>) -> Json {
    entries.reverse();
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    entries.dedup_by(|a, b| a.0 == b.0);
    Json::Object(entries)
}

impl Reader<'_> {
    fn error(&self, problem: &'static str) -> JsonReadError {
        JsonReadError {
            offset: self.at,
            problem,
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn blank(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// A whole simple value, or `None` after something was opened.
    fn start(&mut self, open: &mut Vec<Open>) -> Result<Option<Json>, JsonReadError> {
        self.blank();
        match self.peek() {
            Some(b'[') => {
                self.at += 1;
                self.blank();
                if self.peek() == Some(b']') {
                    self.at += 1;
                    return Ok(Some(Json::Array(Vec::new())));
                }
                open.push(Open::Array(Vec::new()));
                Ok(None)
            }
            Some(b'{') => {
                self.at += 1;
                self.blank();
                if self.peek() == Some(b'}') {
                    self.at += 1;
                    return Ok(Some(Json::Object(Vec::new())));
                }
                let name = self.name()?;
                open.push(Open::Object(Vec::new(), name));
                Ok(None)
            }
            Some(b'"') => Ok(Some(Json::String(self.string()?))),
            Some(b'-' | b'0'..=b'9') => self.number().map(Some),
            Some(b't') => self.word(b"true", Json::Bool(true)).map(Some),
            Some(b'f') => self.word(b"false", Json::Bool(false)).map(Some),
            Some(b'n') => self.word(b"null", Json::Null).map(Some),
            Some(_) => Err(self.error("unexpected character")),
            None => Err(self.error("unexpected end")),
        }
    }

    fn word(&mut self, word: &[u8], value: Json) -> Result<Json, JsonReadError> {
        if !self.text[self.at..].starts_with(word) {
            return Err(self.error("invalid literal"));
        }
        self.at += word.len();
        Ok(value)
    }

    /// After an element: whether the collection ends.
    fn next_or_end(&mut self, end: u8) -> Result<bool, JsonReadError> {
        self.blank();
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                Ok(false)
            }
            Some(byte) if byte == end => {
                self.at += 1;
                Ok(true)
            }
            _ => Err(self.error("expected a comma or the end of the collection")),
        }
    }

    /// A member's name and its colon.
    fn name(&mut self) -> Result<Vec<u8>, JsonReadError> {
        self.blank();
        if self.peek() != Some(b'"') {
            return Err(self.error("expected a member's name"));
        }
        let name = self.string()?;
        self.blank();
        if self.peek() != Some(b':') {
            return Err(self.error("expected a colon"));
        }
        self.at += 1;
        Ok(name)
    }

    fn string(&mut self) -> Result<Vec<u8>, JsonReadError> {
        self.at += 1;
        let mut out = Vec::new();
        loop {
            let byte = self
                .peek()
                .ok_or_else(|| self.error("unterminated string"))?;
            self.at += 1;
            match byte {
                b'"' if out.contains(&0) => {
                    return Err(self.error("a null byte, which Nix strings cannot hold,"));
                }
                b'"' => return Ok(out),
                b'\\' => self.escape(&mut out)?,
                0..0x20 => return Err(self.error("control character in a string")),
                _ => out.push(byte),
            }
        }
    }

    fn escape(&mut self, out: &mut Vec<u8>) -> Result<(), JsonReadError> {
        let byte = self
            .peek()
            .ok_or_else(|| self.error("unterminated string"))?;
        self.at += 1;
        out.push(match byte {
            b'"' | b'\\' | b'/' => byte,
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                let character = self.code_point()?;
                let mut buffer = [0; 4];
                out.extend_from_slice(character.encode_utf8(&mut buffer).as_bytes());
                return Ok(());
            }
            _ => return Err(self.error("invalid escape")),
        });
        Ok(())
    }

    fn unit(&mut self) -> Result<u32, JsonReadError> {
        let digits = self.text.get(self.at..self.at + 4);
        let value = digits
            .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let value = value.ok_or_else(|| self.error("expected four hexadecimal digits"))?;
        self.at += 4;
        Ok(value)
    }

    fn code_point(&mut self) -> Result<char, JsonReadError> {
        let first = self.unit()?;
        if !(0xd800..0xe000).contains(&first) {
            return char::from_u32(first).ok_or_else(|| self.error("invalid code point"));
        }
        let paired = first < 0xdc00 && self.text[self.at..].starts_with(b"\\u");
        if !paired {
            return Err(self.error("unpaired surrogate"));
        }
        self.at += 2;
        let second = self.unit()?;
        if !(0xdc00..0xe000).contains(&second) {
            return Err(self.error("unpaired surrogate"));
        }
        let combined = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        char::from_u32(combined).ok_or_else(|| self.error("invalid code point"))
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while self.peek().is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
        self.at - start
    }

    fn number(&mut self) -> Result<Json, JsonReadError> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else if self.digits() == 0 {
            return Err(self.error("expected a digit"));
        }
        let mut whole = true;
        if self.peek() == Some(b'.') {
            whole = false;
            self.at += 1;
            if self.digits() == 0 {
                return Err(self.error("expected a digit after the point"));
            }
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            whole = false;
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if self.digits() == 0 {
                return Err(self.error("expected a digit in the exponent"));
            }
        }
        let text = std::str::from_utf8(&self.text[start..self.at]).unwrap_or_default();
        if whole {
            if let Ok(value) = text.parse::<i64>() {
                return Ok(Json::Int(value));
            }
            if text.parse::<u64>().is_ok() {
                return Err(self.error("unsigned number outside of Nix's integers"));
            }
        }
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(Json::Float(value)),
            _ => Err(self.error("number out of range")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_kind() {
        assert_eq!(parse(b"-0"), Ok(Json::Int(0)));
        assert_eq!(parse(b"1.0"), Ok(Json::Float(1.0)));
        assert_eq!(parse(b"9223372036854775807"), Ok(Json::Int(i64::MAX)));
        assert_eq!(
            parse(b"-9223372036854775809"),
            Ok(Json::Float(-9_223_372_036_854_775_809.0))
        );
        for text in [
            "01",
            "1.",
            ".5",
            "+1",
            "1e",
            "0x1",
            "1e400",
            "9223372036854775808",
        ] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn the_last_of_equal_names_counts() {
        let one = |value| Json::Object(vec![(b"a".to_vec(), Json::Int(value))]);
        assert_eq!(parse(br#"{"a":1,"a":2}"#), Ok(one(2)));
    }

    #[test]
    fn surrogates_come_in_pairs() {
        assert_eq!(parse(br#""\ud83d\ude00""#), Ok(Json::String("😀".into())));
        assert!(parse(br#""\ud83d""#).is_err());
        assert!(parse(br#""\ud83d\u0041""#).is_err());
    }

    #[test]
    fn nesting_has_no_limit_of_its_own() {
        let text = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
        assert!(matches!(parse(&text), Ok(Json::Array(_))));
        // Neither has what is given up half-way.
        assert!(parse(&text[..150_000]).is_err());
        let objects = [
            br#"{"a":"#.repeat(100_000),
            b"1".to_vec(),
            vec![b'}'; 100_000],
        ]
        .concat();
        assert!(matches!(parse(&objects), Ok(Json::Object(_))));
    }

    #[test]
    fn a_byte_order_mark_may_come_first() {
        assert_eq!(parse("\u{feff}1".as_bytes()), Ok(Json::Int(1)));
        for text in ["\u{feff}", "\u{feff}\u{feff}1", " \u{feff}1"] {
            assert!(parse(text.as_bytes()).is_err(), "{text:?}");
        }
        assert!(parse(b"\xef\xbb1").is_err());
    }

    #[test]
    fn strings_are_utf8_without_null() {
        for text in [
            &b"\"\xff\""[..],
            b"\"\xc0\x80\"",
            b"\"\xed\xa0\x80\"",
            b"\"\\u0000\"",
            b"{\"\\u0000\":1}",
            b"[1]\xff",
        ] {
            assert!(parse(text).is_err(), "{}", text.escape_ascii());
        }
        assert_eq!(parse(b"\"\x7f\""), Ok(Json::String(vec![0x7f])));
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for text in [
            "",
            " ",
            "[1,]",
            "{,}",
            "{\"a\"}",
            "nul",
            "nulll",
            "1 2",
            "\"\t\"",
            "[",
            "'a'",
            "[1}",
            "//\n1",
            "NaN",
            "\u{b}1",
            "\"\\x41\"",
        ] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
    }
}
