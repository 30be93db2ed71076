//! What goes wrong in an evaluation, and how it was reached. The evaluator keeps the error; what
//! functions return is only the word that there is one, so that a result stays two registers.

use super::recursion::Ring;
use crate::position::Position;

/// The sort of an error, which decides whether `tryEval` catches it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ErrorKind {
    /// `throw`, and a failed look-up of `<name>`.
    Thrown,
    /// `assert`.
    Assertion,
    /// `abort`.
    Abort,
    /// A value of the wrong type.
    Type,
    /// A name that is defined nowhere.
    UndefinedVariable,
    /// A value that needs itself.
    InfiniteRecursion,
    /// Calls nested too deeply.
    StackOverflow,
    /// A text that is not an expression.
    Parse,
    /// A file that could not be read.
    File,
    /// Something that pure or restricted evaluation forbids.
    Restricted,
    /// Something that would have to be built first.
    ImportFromDerivation,
    /// Something would have been said, or shown, by an evaluation that is not to be seen.
    Withheld,
    /// The heap is full.
    Memory,
    /// Any other.
    Evaluation,
}

/// A step on the way to an error, innermost first.
#[derive(Clone)]
pub struct Frame {
    /// Where the step is, if that is known.
    pub position: Position,
    /// What was being done there.
    pub text: String,
}

/// An error with its traces.
#[derive(Clone)]
pub struct EvalError {
    /// The sort.
    pub kind: ErrorKind,
    /// The cause.
    pub message: String,
    /// Where it happened.
    pub position: Position,
    /// How it was reached, innermost first.
    pub frames: Vec<Frame>,
    /// Names that may have been meant.
    pub suggestions: Vec<String>,
    /// For an infinite recursion, what goes round.
    pub ring: Option<Ring>,
    /// Whether `tryEval` will catch it, so that nobody sees where it was.
    pub(crate) is_silent: bool,
}

/// An error was raised; the evaluator has it.
#[derive(Clone, Copy, Debug)]
pub struct Raised(());

/// A result whose error the evaluator keeps.
pub type R<T> = Result<T, Raised>;

/// More frames than this say nothing more.
const MAX_FRAMES: usize = 2000;

impl EvalError {
    /// An error without a place.
    #[must_use]
    pub fn new(kind: ErrorKind, message: String) -> Self {
        Self {
            kind,
            message,
            position: Position::NONE,
            frames: Vec::new(),
            suggestions: Vec::new(),
            ring: None,
            is_silent: false,
        }
    }

    /// Whether `tryEval` catches it.
    #[must_use]
    pub fn is_catchable(&self) -> bool {
        matches!(self.kind, ErrorKind::Thrown | ErrorKind::Assertion)
    }

    pub(crate) fn add_frame(&mut self, position: Position, text: String) {
        if !self.is_silent && self.frames.len() < MAX_FRAMES {
            self.frames.push(Frame { position, text });
        }
    }
}

impl super::Evaluator {
    /// Raises an error.
    ///
    /// # Errors
    /// Always: that one.
    #[cold]
    pub fn raise<T>(&mut self, mut error: EvalError) -> R<T> {
        error.is_silent = self.catching > 0 && error.is_catchable();
        self.error = Some(Box::new(error));
        Err(Raised(()))
    }

    /// Raises an error with a place.
    ///
    /// # Errors
    /// Always: that one.
    #[cold]
    pub fn raise_at<T>(&mut self, kind: ErrorKind, position: Position, message: String) -> R<T> {
        let mut error = EvalError::new(kind, message);
        error.position = position;
        self.raise(error)
    }

    /// Raises an evaluation error without a place.
    ///
    /// # Errors
    /// Always: that one.
    #[cold]
    pub fn fail<T>(&mut self, message: impl Into<String>) -> R<T> {
        self.raise(EvalError::new(ErrorKind::Evaluation, message.into()))
    }

    /// Raises a type error without a place.
    ///
    /// # Errors
    /// Always: that one.
    #[cold]
    pub fn type_error<T>(&mut self, message: impl Into<String>) -> R<T> {
        self.raise(EvalError::new(ErrorKind::Type, message.into()))
    }

    /// Whether nobody will see where the error on its way was.
    pub(super) fn error_is_silent(&self) -> bool {
        self.error.as_ref().is_some_and(|error| error.is_silent)
    }

    /// Adds a step to the error that is on its way.
    #[cold]
    pub fn frame(&mut self, position: Position, text: impl Into<String>) {
        if let Some(error) = &mut self.error {
            error.add_frame(position, text.into());
        }
    }

    /// Gives the error that is on its way a place, if it has none.
    #[cold]
    pub fn locate(&mut self, position: Position) {
        if let Some(error) = &mut self.error
            && !error.position.is_some()
        {
            error.position = position;
        }
    }

    /// Takes the error that was raised.
    pub fn take_error(&mut self, _: Raised) -> EvalError {
        self.error.take().map_or_else(
            || EvalError::new(ErrorKind::Evaluation, "unknown error".to_owned()),
            |error| *error,
        )
    }

    /// Does `work`; an error is handed out, and evaluation can go on.
    ///
    /// # Errors
    /// What `work` raises.
    pub fn attempt<T>(&mut self, work: impl FnOnce(&mut Self) -> R<T>) -> Result<T, EvalError> {
        let depth = self.depth;
        work(self).map_err(|raised| {
            self.depth = depth;
            self.take_error(raised)
        })
    }

    /// Whether the error on its way is one that `tryEval` catches.
    pub(crate) fn error_is_catchable(&self) -> bool {
        self.error
            .as_ref()
            .is_some_and(|error| error.is_catchable())
    }
}
