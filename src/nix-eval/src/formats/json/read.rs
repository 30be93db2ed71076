//! Reading JSON: events, in the order of the text, to whoever builds something of them. There is no
//! limit to nesting: what is open is kept in a vector, not on the stack.

use super::lexer::{Lexer, Token};

/// Text that is not JSON; the message is the one that Nix shows.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct JsonReadError(pub String);

/// What is told about a JSON text as it is read.
pub trait JsonEvents {
    /// A value that holds no others.
    fn scalar(&mut self, scalar: Scalar);
    /// `[`
    fn begin_array(&mut self);
    /// `{`
    fn begin_object(&mut self);
    /// The name of the member whose value comes next. Of several with one name the last counts.
    fn name(&mut self, name: Vec<u8>);
    /// `]`
    fn end_array(&mut self);
    /// `}`
    fn end_object(&mut self);
}

/// A value that holds no others.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number without fraction and exponent.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// A string without null bytes.
    String(Vec<u8>),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Array,
    Object,
}

struct Reader<'a, E> {
    lexer: Lexer<'a>,
    events: &'a mut E,
    open: Vec<Open>,
}

type Read<T> = Result<T, JsonReadError>;

/// Reads one value.
///
/// # Errors
/// Where the text is not exactly one JSON value that Nix can hold.
pub fn read(text: &[u8], events: &mut impl JsonEvents) -> Read<()> {
    let mut reader = Reader {
        lexer: Lexer::new(text),
        events,
        open: Vec::new(),
    };
    let mut token = reader.next("value", "")?;
    loop {
        let next = match reader.value(token)? {
            Some(next) => Some(next),
            None => reader.after_value()?,
        };
        match next {
            Some(next) => token = next,
            None => return Ok(()),
        }
    }
}

impl<E: JsonEvents> Reader<'_, E> {
    /// The next token, in the course of reading `context`; `expected` ends the message where there
    /// is none.
    fn next(&mut self, context: &str, expected: &str) -> Read<Token> {
        let next = self.lexer.next();
        next.map_err(|problem| self.lexer.problem(problem, context, expected))
    }

    fn unexpected<T>(&self, token: Token, context: &str, expected: &str) -> Read<T> {
        let name = token.name();
        Err(self.lexer.error(&format!(
            "syntax error while parsing {context} - unexpected {name}{expected}"
        )))
    }

    /// The value that begins with `token`: `None` where that is all of it, else the token that
    /// begins the first value inside.
    fn value(&mut self, token: Token) -> Read<Option<Token>> {
        let scalar = match token {
            Token::Null => Scalar::Null,
            Token::True => Scalar::Bool(true),
            Token::False => Scalar::Bool(false),
            Token::Int(value) => Scalar::Int(value),
            Token::Float(value) => Scalar::Float(value),
            Token::Unsigned(value) => {
                let message = format!("unsigned json number {value} outside of Nix integer range");
                return Err(JsonReadError(message));
            }
            Token::String => Scalar::String(self.string()?),
            Token::BeginArray => return self.array(),
            Token::BeginObject => return self.object(),
            Token::End if self.lexer.is_empty() => {
                return Err(self.lexer.error(
                    "attempting to parse an empty input; check that your input string or stream \
                     contains the expected JSON",
                ));
            }
            Token::Overflow => return Err(self.lexer.overflow()),
            _ => return self.unexpected(token, "value", "; expected '[', '{', or a literal"),
        };
        self.events.scalar(scalar);
        Ok(None)
    }

    fn array(&mut self) -> Read<Option<Token>> {
        self.events.begin_array();
        let token = self.next("value", "")?;
        if token == Token::EndArray {
            self.events.end_array();
            return Ok(None);
        }
        self.open.push(Open::Array);
        Ok(Some(token))
    }

    fn object(&mut self) -> Read<Option<Token>> {
        self.events.begin_object();
        let token = self.next("object key", "; expected string literal")?;
        if token == Token::EndObject {
            self.events.end_object();
            return Ok(None);
        }
        self.open.push(Open::Object);
        self.member(token).map(Some)
    }

    /// The name of a member, which is `token`, and its colon; the token that begins its value.
    fn member(&mut self, token: Token) -> Read<Token> {
        if token != Token::String {
            return self.unexpected(token, "object key", "; expected string literal");
        }
        let name = self.string()?;
        self.events.name(name);
        let token = self.next("object separator", "; expected ':'")?;
        if token != Token::Colon {
            return self.unexpected(token, "object separator", "; expected ':'");
        }
        self.next("value", "")
    }

    /// What follows a value: the token that begins the next one, or `None` at the end of the text.
    fn after_value(&mut self) -> Read<Option<Token>> {
        loop {
            let (context, expected) = match self.open.last() {
                None => ("value", "; expected end of input"),
                Some(Open::Array) => ("array", "; expected ']'"),
                Some(Open::Object) => ("object", "; expected '}'"),
            };
            let token = self.next(context, expected)?;
            match (self.open.last(), token) {
                (None, Token::End) => return Ok(None),
                (Some(Open::Array), Token::Comma) => return self.next("value", "").map(Some),
                (Some(Open::Object), Token::Comma) => {
                    let token = self.next("object key", "; expected string literal")?;
                    return self.member(token).map(Some);
                }
                (Some(Open::Array), Token::EndArray) => self.events.end_array(),
                (Some(Open::Object), Token::EndObject) => self.events.end_object(),
                _ => return self.unexpected(token, context, expected),
            }
            self.open.pop();
        }
    }

    fn string(&mut self) -> Read<Vec<u8>> {
        let text = self.lexer.take_string();
        if !text.contains(&0) {
            return Ok(text);
        }
        let shown = String::from_utf8_lossy(&text).replace('\0', "␀");
        Err(JsonReadError(format!(
            "input string '{shown}' cannot be represented as Nix string because it contains null bytes"
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes down what it is told.
    #[derive(Default)]
    struct Log(Vec<String>);

    impl JsonEvents for Log {
        fn scalar(&mut self, scalar: Scalar) {
            self.0.push(match scalar {
                Scalar::Null => "null".to_owned(),
                Scalar::Bool(value) => format!("{value}"),
                Scalar::Int(value) => format!("int:{value}"),
                Scalar::Float(value) => format!("float:{value}"),
                Scalar::String(text) => format!("{:?}", String::from_utf8_lossy(&text)),
            });
        }
        fn begin_array(&mut self) {
            self.0.push("[".to_owned());
        }
        fn begin_object(&mut self) {
            self.0.push("{".to_owned());
        }
        fn name(&mut self, name: Vec<u8>) {
            self.0.push(format!("{}=", String::from_utf8_lossy(&name)));
        }
        fn end_array(&mut self) {
            self.0.push("]".to_owned());
        }
        fn end_object(&mut self) {
            self.0.push("}".to_owned());
        }
    }

    fn events(text: &[u8]) -> Result<String, String> {
        let mut log = Log::default();
        match read(text, &mut log) {
            Ok(()) => Ok(log.0.join(" ")),
            Err(error) => Err(error.0),
        }
    }

    #[test]
    fn values_come_in_the_order_of_the_text() {
        let cases: &[(&[u8], &str)] = &[
            (b"-0", "int:0"),
            (b"1.0", "float:1"),
            (b"9223372036854775807", "int:9223372036854775807"),
            (b"-9223372036854775809", "float:-9223372036854776000"),
            (b"[]", "[ ]"),
            (b" [1, [true], {}]\n", "[ int:1 [ true ] { } ]"),
            (br#"{"a":{"b":null},"a":2}"#, "{ a= { b= null } a= int:2 }"),
            (br#""\ud83d\ude00\n\/""#, "\"😀\\n/\""),
            ("\u{feff}\"é\"".as_bytes(), "\"é\""),
            (b"\"\x7f\"", "\"\\u{7f}\""),
            // A null byte ends the text, as for nlohmann's library.
            (b"1 \0 x", "int:1"),
        ];
        for &(text, expected) in cases {
            assert_eq!(
                events(text).as_deref(),
                Ok(expected),
                "{}",
                text.escape_ascii()
            );
        }
    }

    #[test]
    fn what_is_not_json_is_refused() {
        let texts: &[&[u8]] = &[
            b"",
            b" ",
            b"[1,]",
            b"{,}",
            b"{\"a\"}",
            b"nul",
            b"nulll",
            b"1 2",
            b"\"\t\"",
            b"[",
            b"'a'",
            b"[1}",
            b"//\n1",
            b"NaN",
            b"\x0b1",
            b"\"\\x41\"",
            b"01",
            b"1.",
            b".5",
            b"+1",
            b"1e",
            b"0x1",
            b"1e400",
            b"9223372036854775808",
            b"\"\\ud83d\"",
            b"\"\\ud83d\\u0041\"",
            b"\xef\xbb1",
            b"\xef\xbb\xbf",
            b" \xef\xbb\xbf1",
            b"\"\xff\"",
            b"\"\xc0\x80\"",
            b"\"\xed\xa0\x80\"",
            b"\"\\u0000\"",
            b"{\"\\u0000\":1}",
            b"[1]\xff",
        ];
        for text in texts {
            assert!(events(text).is_err(), "{}", text.escape_ascii());
        }
    }

    #[test]
    fn messages_say_where_and_what() {
        let error = |text: &str| events(text.as_bytes()).unwrap_err();
        assert_eq!(
            error("[1,\n x]"),
            "[json.exception.parse_error.101] parse error at line 2, column 2: syntax error while \
             parsing value - invalid literal; last read: '1,<U+000A> x'"
        );
        assert_eq!(
            error("{\"a\" 1}"),
            "[json.exception.parse_error.101] parse error at line 1, column 6: syntax error while \
             parsing object separator - unexpected number literal; expected ':'"
        );
    }

    #[test]
    fn nesting_has_no_limit_of_its_own() {
        let text = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
        assert!(events(&text).is_ok());
        assert!(events(&text[..150_000]).is_err());
        let objects = [
            br#"{"a":"#.repeat(100_000),
            b"1".to_vec(),
            vec![b'}'; 100_000],
        ];
        assert!(events(&objects.concat()).is_ok());
    }
}
