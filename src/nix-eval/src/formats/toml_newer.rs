//! Syntax that TOML 1.1 added, which Nix refuses: it reads TOML 1.0, the `toml` crate both. Tells
//! the two apart on documents that are known to be well-formed; builds no values.

use toml_parser::decoder::Encoding;
use toml_parser::parser::{EventReceiver, parse_document};
use toml_parser::{ErrorSink, Source, Span};

/// Something of TOML 1.1 in a document.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Newer {
    /// Bytes before it.
    pub(super) offset: usize,
    /// What it is.
    pub(super) problem: &'static str,
}

/// An array or inline table whose end is still to come.
enum Open {
    Array,
    /// Whether its last token was a comma.
    Table(bool),
}

struct Finder<'a> {
    text: &'a str,
    open: Vec<Open>,
    found: Option<Newer>,
}

/// The first thing in a well-formed document that only TOML 1.1 knows, but for times without
/// seconds, which show in their value.
pub(super) fn find(text: &str) -> Option<Newer> {
    let tokens = Source::new(text).lex().into_vec();
    let mut finder = Finder {
        text,
        open: Vec::new(),
        found: None,
    };
    parse_document(&tokens, &mut finder, &mut ());
    finder.found
}

impl Finder<'_> {
    fn report(&mut self, offset: usize, problem: &'static str) {
        self.found.get_or_insert(Newer { offset, problem });
    }

    fn within_table(&mut self, span: Span) {
        if let Some(Open::Table(_)) = self.open.last() {
            self.report(span.start(), "line break or comment in an inline table");
        }
    }

    fn last_was_comma(&mut self, now: bool) {
        if let Some(Open::Table(comma)) = self.open.last_mut() {
            *comma = now;
        }
    }

    /// Looks for the escapes `\e` and `\x`.
    fn text(&mut self, span: Span, encoding: Option<Encoding>) {
        let escapes = matches!(
            encoding,
            Some(Encoding::BasicString | Encoding::MlBasicString)
        );
        if !escapes {
            return;
        }
        let raw = &self.text.as_bytes()[span.start()..span.end()];
        let mut bytes = raw.iter().enumerate();
        while let Some((at, byte)) = bytes.next() {
            if *byte == b'\\' && matches!(bytes.next(), Some((_, b'e' | b'x'))) {
                self.report(span.start() + at, "escape \\e or \\x in a string");
            }
        }
    }
}

impl EventReceiver for Finder<'_> {
    fn inline_table_open(&mut self, _span: Span, _error: &mut dyn ErrorSink) -> bool {
        self.open.push(Open::Table(false));
        true
    }

    fn inline_table_close(&mut self, span: Span, _error: &mut dyn ErrorSink) {
        if let Some(Open::Table(true)) = self.open.pop() {
            self.report(span.start(), "comma before the end of an inline table");
        }
    }

    fn array_open(&mut self, _span: Span, _error: &mut dyn ErrorSink) -> bool {
        self.open.push(Open::Array);
        true
    }

    fn array_close(&mut self, _span: Span, _error: &mut dyn ErrorSink) {
        self.open.pop();
    }

    fn simple_key(&mut self, span: Span, kind: Option<Encoding>, _error: &mut dyn ErrorSink) {
        self.last_was_comma(false);
        self.text(span, kind);
    }

    fn scalar(&mut self, span: Span, kind: Option<Encoding>, _error: &mut dyn ErrorSink) {
        self.text(span, kind);
    }

    fn value_sep(&mut self, _span: Span, _error: &mut dyn ErrorSink) {
        self.last_was_comma(true);
    }

    fn comment(&mut self, span: Span, _error: &mut dyn ErrorSink) {
        self.within_table(span);
    }

    fn newline(&mut self, span: Span, _error: &mut dyn ErrorSink) {
        self.within_table(span);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_newer_is_found() {
        for (text, offset) in [
            ("a = {b=1,}", 9),
            ("a = {\nb=1}", 5),
            ("a = {b=1\n}", 8),
            ("a = { # c\n}", 6),
            ("a = [{b=1,\nc=2}]", 10),
            (r#"a = "\e""#, 5),
            (r#"a = "\\\x41""#, 7),
            ("a = \"\"\"\n\\e\"\"\"", 8),
            (r#""a\e" = 1"#, 2),
        ] {
            assert_eq!(find(text).map(|newer| newer.offset), Some(offset), "{text}");
        }
    }

    #[test]
    fn what_is_not_newer_is_left_alone() {
        for text in [
            "a = {b=[\n1, # c\n]}\n# c",
            "a = [1,]",
            "a = {}\nb = {c=[],d=1}",
            r#"a = "\\e""#,
            r"a = '\e\x41'",
            "a = '''\\e\n'''",
        ] {
            assert_eq!(find(text), None, "{text}");
        }
    }
}
