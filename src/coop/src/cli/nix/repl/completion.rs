//! Completion in `coop nix repl`: names in scope, and attributes of what stands before a dot.

use std::cell::RefCell;
use std::rc::Rc;

use rustyline::completion::{Completer as Complete, Pair};
use rustyline::{Context, Helper, Highlighter, Hinter, Validator};

use super::session::Session;

/// Asks the session what a word may become.
#[derive(Helper, Highlighter, Hinter, Validator)]
pub(super) struct Completer {
    session: Rc<RefCell<Session>>,
}

impl Completer {
    pub(super) fn new(session: Rc<RefCell<Session>>) -> Self {
        Self { session }
    }
}

impl Complete for Completer {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        position: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        let line = &line[..position];
        let start = word_start(line);
        let (subject, prefix) = split(&line[start..]);
        let names = self.session.borrow_mut().names(subject);
        let pairs = names
            .into_iter()
            .filter(|name| name.starts_with(prefix))
            .map(|name| Pair {
                display: name.clone(),
                replacement: name,
            })
            .collect();
        Ok((position - prefix.len(), pairs))
    }
}

/// Where the word at the end of `line` begins: names and dots.
fn word_start(line: &str) -> usize {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "_-'.".contains(c);
    line.rfind(|c| !is_part(c)).map_or(0, |at| {
        at + line[at..].chars().next().map_or(1, char::len_utf8)
    })
}

/// What stands before the last dot, and the name begun after it.
fn split(word: &str) -> (Option<&str>, &str) {
    match word.rsplit_once('.') {
        Some((subject, prefix)) => (Some(subject), prefix),
        None => (None, word),
    }
}

#[cfg(test)]
mod tests {
    use super::{split, word_start};

    #[test]
    fn a_word_is_names_and_dots() {
        assert_eq!(word_start("map (lib.strings.to"), 5);
        assert_eq!(word_start("builtins"), 0);
        assert_eq!(word_start("\u{ab}\u{bb}x"), 4);
        assert_eq!(split("lib.strings.to"), (Some("lib.strings"), "to"));
        assert_eq!(split("ma"), (None, "ma"));
    }
}
