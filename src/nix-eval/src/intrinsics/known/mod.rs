//! The functions that are known: their fingerprints, what they rely on, and what of them is evaluated by code
//! of the evaluator. The numbers beside a table say where in it something stands.
//!
//! Fingerprints are found by `oracle intrinsics`, which shows those of a nixpkgs beside these.

mod library;
mod modules;
mod types;

use super::{At, Known, Place, Run};

pub(super) use modules::{collect, merge_definitions, merge_modules, option, unify};
pub(super) use types::{attrs_of, list_of};

/// All known functions.
pub(crate) const TABLE: &[&Known] = &[
    &modules::MERGE_DEFINITIONS,
    &modules::DISCHARGE_PROPERTIES,
    &modules::FILTER_OVERRIDES,
    &modules::SORT_PROPERTIES,
    &types::CHECK_COHERENCE,
    &modules::MERGE_MODULES,
    &modules::IN_MERGE_MODULES,
    &modules::PUSH_DOWN_PROPERTIES,
    &modules::MERGE_OPTION_DECLS,
    &modules::MERGE_WRAPPED_OPTION_DECLS,
    &modules::FIXUP_OPTION_TYPE,
    &modules::EVAL_OPTION_VALUE,
    &modules::EVAL_OPTION_VALUE_WARN_IF,
    &modules::SET_DEFAULT_LOCATION,
    &modules::MK_IF,
    &modules::MK_OVERRIDE,
    &types::IS_TYPE,
    &library::MAP_ATTRS_TO_LIST,
    &library::MIN,
    &library::FOLD,
    &library::FOLD_OF_BUILTINS,
    &modules::COLLECT_MODULES,
    &modules::UNIFY_MODULE_SYNTAX,
    &modules::UNIFY_MODULE_SYNTAX_IF_NOT,
    &library::THROW_IF_NOT,
    &modules::APPLY_MODULE_ARGS,
    &modules::APPLY_MODULE_ARGS_IF_FUNCTION,
    &modules::MK_MERGE,
    &library::IS_FUNCTION,
    &library::FUNCTION_ARGS,
    &library::IMAP1,
    &library::ZIP_ATTRS,
    &library::REVERSE_LIST,
    &library::SET_ATTR_BY_PATH,
    &library::ATTR_BY_PATH,
    &library::MAP_ATTRS_RECURSIVE_COND,
    &modules::DECLARED_CONFIG,
    &library::MERGE_EQUAL_OPTION,
    &types::CHECK_DEFS_FOR_ERROR,
    &types::ATTRS_V2,
    &types::LIST_V2,
    &types::PUSH_POSITIONS,
    &library::FILTER_ATTRS,
    &library::MK_OPTION,
    &modules::INTERNAL_MODULE,
    &library::WARN_IF,
    &modules::WITH_WARNINGS,
    &library::OPTIONAL,
    &modules::LEGACY_MODULES,
    #[cfg(test)]
    &crate::intrinsics::tests::sample::SAMPLE,
    #[cfg(test)]
    &crate::intrinsics::tests::sample::PAIR,
];

/// The body of a function whose sets are made by others.
const fn sets(literals: &'static [&'static [&'static str]]) -> Place {
    Place {
        at: At::Body,
        variables: &[],
        literals,
        run: None,
        parts: &[],
    }
}

/// The body of a function that is evaluated at once.
const fn body(run: Run) -> Place {
    Place {
        at: At::Body,
        variables: &[],
        literals: &[],
        run: Some(run),
        parts: &[],
    }
}
