//! Intrinsics: functions of nixpkgs' library that are evaluated by code of the evaluator itself. NixOS is put
//! together by some forty functions of `lib/modules.nix` and `lib/types.nix`, which are nine of ten calls of a
//! host. Those are known by their structure ([`fingerprint`]) when a file is lowered ([`recognise`]), and
//! their code is put behind an instruction that does the same work without a thunk, an environment and a
//! list for each step ([`site`]).
//!
//! What holds for all of them:
//!
//! - An intrinsic forces what the function would force, in that order, and leaves for later what the function
//!   leaves for later.
//! - It is used only where all that the function relies on is what it is in nixpkgs ([`link`]).
//! - It raises no error of its own. Where something is not as it mostly is, it leaves the work to the
//!   function that was written ([`Done::Otherwise`]), which says what there is to say.
//! - Nothing of it can be seen but in traces, where the steps in between are not named; who shows traces
//!   evaluates without intrinsics.

mod attrsets;
mod fingerprint;
pub(crate) mod known;
mod link;
mod lists;
mod modules;
mod names;
pub(crate) mod recognise;
pub(crate) mod site;
pub mod survey;
#[cfg(test)]
mod tests;
mod types;

use rustc_hash::FxHashMap;

use crate::eval::{Evaluator, R};
use crate::heap::{Shape, Value};

pub(crate) use link::Link;
pub(crate) use names::Names;
pub(crate) use site::Site;

/// A function of nixpkgs.
pub(crate) struct Known {
    /// The name that it is bound to.
    pub(crate) name: &'static str,
    /// Its fingerprints: several where it was written in ways that mean the same.
    pub(crate) fingerprints: &'static [&'static str],
    /// The variables that it uses, and what they have to mean.
    pub(crate) relies_on: &'static [(&'static str, Meaning)],
    /// What of it is evaluated in another way.
    pub(crate) places: &'static [Place],
}

/// What a variable has to mean.
pub(crate) enum Meaning {
    /// A builtin, by the name that it is bound to.
    Builtin(&'static str),
    /// A known function.
    Known(&'static str),
    /// An integer.
    Integer(i64),
    /// A known function with a string or an integer as its first argument.
    Applied(&'static str, Argument),
    /// A builtin with a known function as its first argument.
    BuiltinApplied(&'static str, &'static str),
    /// Whatever it means: it is used as a value, or only for what is thrown.
    Anything,
}

/// The argument of a function that was applied to one.
pub(crate) enum Argument {
    Integer(i64),
    String(&'static str),
}

/// The names of a set of one attribute whose name is computed: of it there is the attribute's position alone.
pub(crate) const COMPUTED: &[&str] = &["${}"];

/// A place in a known function where another way of evaluating begins.
pub(crate) struct Place {
    pub(crate) at: At,
    /// Variables in scope at the place that the code uses.
    pub(crate) variables: &'static [&'static str],
    /// Sets of the function, by their names, that the code makes: they have the positions of what was written.
    pub(crate) literals: &'static [&'static [&'static str]],
    /// `None` where the code that was written stays, and its sets are used by others.
    pub(crate) run: Option<Run>,
    /// What is suspended by the code.
    pub(crate) parts: &'static [RunPart],
}

/// Which expression of a function a place is.
pub(crate) enum At {
    /// All of it, where it is no function.
    Itself,
    /// Its body.
    Body,
    /// The value that is bound to a name in it.
    Value(&'static str),
    /// The value that is bound to a name in it and calls the function of a name.
    Call(&'static str, &'static str),
}

impl At {
    /// Whether it is the whole expression.
    pub(crate) fn is_itself(&self) -> bool {
        matches!(self, Self::Itself)
    }

    /// Whether it is the body of a function.
    pub(crate) fn is_body(&self) -> bool {
        matches!(self, Self::Body)
    }

    /// Whether it is what is bound to a name.
    pub(crate) fn is_value(&self) -> bool {
        matches!(self, Self::Value(_) | Self::Call(..))
    }
}

/// What came of an attempt to do something in another way.
pub(crate) enum Done<T> {
    /// This.
    Value(T),
    /// Nothing: it is for the function that was written.
    Otherwise,
}

/// Evaluates the expression at a site, in an environment.
pub(crate) type Run = fn(&mut Evaluator, Site, u32) -> R<Done<Value>>;
/// Evaluates what was suspended for a site.
pub(crate) type RunPart = fn(&mut Evaluator, Site, u32) -> R<Value>;

/// What an evaluation knows of intrinsics.
#[derive(Default)]
pub(crate) struct Intrinsics {
    /// The names that they use, once one of them was used.
    names: Option<Box<Names>>,
    /// Functions in environments where they may not be used yet, or never.
    refused: FxHashMap<Link, u32>,
    /// Functions in environments where they may be used, with the sites of those that they rely on.
    linked: FxHashMap<Link, Box<[u32]>>,
    /// The names of functions that were refused, with a variable that was not as it has to be.
    missed: FxHashMap<Link, (&'static str, &'static str)>,
    /// What every evaluation of modules declares of itself: by the site, the environment of the library, and
    /// whether it is inside of another one.
    internal_options: FxHashMap<(u32, u32, bool), Value>,
    /// What is added to the declarations of options, by site and whether the type is made anew.
    added: FxHashMap<(u32, bool), modules::Added>,
    /// The shapes of options, by the shape of their declaration and what is added.
    option_shapes: FxHashMap<(u32, usize), Shape>,
}

/// Gives the value in a [`Done`], or leaves with [`Done::Otherwise`].
macro_rules! done {
    ($result:expr) => {
        match $result? {
            $crate::intrinsics::Done::Value(value) => value,
            $crate::intrinsics::Done::Otherwise => return Ok($crate::intrinsics::Done::Otherwise),
        }
    };
}

/// Gives the value in an [`Option`], or leaves with [`Done::Otherwise`].
macro_rules! given {
    ($option:expr) => {
        match $option {
            Some(value) => value,
            None => return Ok($crate::intrinsics::Done::Otherwise),
        }
    };
}

pub(crate) use {done, given};
