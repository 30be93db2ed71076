//! Functions of other files: `attrsets.nix`, `lists.nix`, `options.nix` and `trivial.nix`.

use super::body;
use crate::intrinsics::types::check;
use crate::intrinsics::{At, COMPUTED, Known, Meaning, Place, attrsets, lists};
use Meaning::{Anything, Builtin};

pub(super) const MAP_ATTRS_TO_LIST: Known = Known {
    name: "mapAttrsToList",
    fingerprints: &["d46636e00a91c7e1017ce1db7bdd76eb"],
    relies_on: &[
        ("attrValues", Builtin("__attrValues")),
        ("mapAttrs", Builtin("__mapAttrs")),
    ],
    places: &[],
};

pub(super) const MIN: Known = Known {
    name: "min",
    fingerprints: &["61ffd36be4b0b7179fd28ca88599c57e"],
    relies_on: &[],
    places: &[],
};

pub(super) const FOLD: Known = Known {
    name: "foldl'",
    fingerprints: &["385067d09b63de8528ef0d5f59cf94f1"],
    relies_on: &[("seq", Builtin("__seq"))],
    places: &[],
};

/// As it is in nixpkgs 26.05, with builtins taken from their set.
pub(super) const FOLD_OF_BUILTINS: Known = Known {
    name: "foldl'",
    fingerprints: &["a5e557bff7b5df456b19a99b7ed3bc1d"],
    relies_on: &[],
    places: &[],
};

pub(super) const THROW_IF_NOT: Known = Known {
    name: "throwIfNot",
    fingerprints: &["8349e4fe59a0b23f6268093343573ee3"],
    relies_on: &[],
    places: &[],
};

pub(super) const IS_FUNCTION: Known = Known {
    name: "isFunction",
    fingerprints: &["7f2aa3e8176d2e63ca812f22adc78ed8"],
    relies_on: &[],
    places: &[],
};

pub(super) const FUNCTION_ARGS: Known = Known {
    name: "functionArgs",
    fingerprints: &["c8c1a46370d572f57e8aa5a64a404f38"],
    relies_on: &[],
    places: &[],
};

pub(super) const IMAP1: Known = Known {
    name: "imap1",
    fingerprints: &["36714ea43f52d98bdc7f8c3675fb732b"],
    relies_on: &[
        ("genList", Builtin("__genList")),
        ("elemAt", Builtin("__elemAt")),
        ("length", Builtin("__length")),
    ],
    places: &[body(lists::imap1)],
};

pub(super) const ZIP_ATTRS: Known = Known {
    name: "zipAttrs",
    fingerprints: &["98586d20767faf8bf7866fec899f93be"],
    relies_on: &[("zipAttrsWith", Builtin("__zipAttrsWith"))],
    places: &[],
};

pub(super) const REVERSE_LIST: Known = Known {
    name: "reverseList",
    fingerprints: &[
        "c6579aa37213a186a881a4f93b5eca1b",
        // nixpkgs 26.05
        "cd09e4c1a70d392db5ec4bc814a1e6eb",
    ],
    relies_on: &[
        ("genList", Builtin("__genList")),
        ("elemAt", Builtin("__elemAt")),
        ("length", Builtin("__length")),
    ],
    places: &[body(lists::reverse_list)],
};

pub(super) const SET_ATTR_BY_PATH: Known = Known {
    name: "setAttrByPath",
    fingerprints: &["76b4f07d26528b64c984190e58606eea"],
    relies_on: &[
        ("elemAt", Builtin("__elemAt")),
        ("length", Builtin("__length")),
    ],
    places: &[Place {
        at: At::Body,
        variables: &[],
        literals: &[COMPUTED],
        run: Some(attrsets::set_attr_by_path),
        parts: &[],
    }],
};

pub(super) const ATTR_BY_PATH: Known = Known {
    name: "attrByPath",
    fingerprints: &["766527a326f15909ffaa6b1e14f99e79"],
    relies_on: &[
        ("elemAt", Builtin("__elemAt")),
        ("length", Builtin("__length")),
    ],
    places: &[body(attrsets::attr_by_path)],
};

pub(super) const MAP_ATTRS_RECURSIVE_COND: Known = Known {
    name: "mapAttrsRecursiveCond",
    fingerprints: &["5e36bef3071e75ecf542dece9d5341cf"],
    relies_on: &[
        ("mapAttrs", Builtin("__mapAttrs")),
        ("isAttrs", Builtin("__isAttrs")),
    ],
    places: &[],
};

pub(super) const MERGE_EQUAL_OPTION: Known = Known {
    name: "mergeEqualOption",
    fingerprints: &["cd155462ef546dd0d80020d3c51b3738"],
    relies_on: &[
        ("length", Builtin("__length")),
        ("head", Builtin("__head")),
        ("tail", Anything),
        ("foldl'", Anything),
    ],
    places: &[body(check::merge_equal)],
};

pub(super) const FILTER_ATTRS: Known = Known {
    name: "filterAttrs",
    fingerprints: &["987feef986a92796d73db3d925b8dad8"],
    relies_on: &[
        ("filter", Builtin("__filter")),
        ("attrNames", Builtin("__attrNames")),
        ("removeAttrs", Builtin("removeAttrs")),
    ],
    places: &[],
};

pub(super) const MK_OPTION: Known = Known {
    name: "mkOption",
    fingerprints: &["ed73432add50937115e75a34418d1ee0"],
    relies_on: &[],
    places: &[],
};

pub(super) const WARN_IF: Known = Known {
    name: "warnIf",
    fingerprints: &["533b1d152cf742a92802d0fafd5add6b"],
    relies_on: &[("warn", Anything)],
    places: &[],
};

pub(super) const OPTIONAL: Known = Known {
    name: "optional",
    fingerprints: &["ba080f6a258b22d95255bd8caa672a9e"],
    relies_on: &[],
    places: &[],
};
