//! What values options take, as far as it matters for making such values.

use std::rc::Rc;

use super::names::Path;

/// What values a type accepts.
#[derive(Debug, Clone)]
pub(super) enum Shape {
    Integer,
    Float,
    Boolean,
    String,
    Path,
    Package,
    /// An option's type.
    Type,
    /// A module that is evaluated elsewhere.
    Module,
    Anything,
    /// One of these texts.
    Fixed(&'static [&'static str]),
    List(Rc<Shape>),
    Attributes(Rc<Shape>),
    /// A list of sets of one attribute.
    Pairs(Rc<Shape>),
    Function(Rc<Shape>),
    Either(Rc<Shape>, Rc<Shape>),
    /// A set of one attribute, each with values of its own.
    Tagged(Rc<Vec<(&'static str, Shape)>>),
    Submodule(Rc<Inner>),
}

/// An option that is declared somewhere.
#[derive(Debug, Clone)]
pub(super) struct Declared {
    pub(super) path: Path,
    pub(super) shape: Shape,
}

/// What is known of a submodule.
#[derive(Debug)]
pub(super) struct Inner {
    pub(super) options: Vec<Declared>,
    /// Whether sets are modules rather than configuration.
    pub(super) takes_modules: bool,
    /// Whether there may be definitions without options.
    pub(super) is_open: bool,
}
