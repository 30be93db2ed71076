//! Functions of `lib/types.nix`.

use super::{body, sets};
use crate::intrinsics::types::{attrs_of as attrs_merging, check, list_of as list_merging};
use crate::intrinsics::{At, Known, Meaning, Place};
use Meaning::{Anything, Builtin};

pub(super) const CHECK_COHERENCE: Known = Known {
    name: "checkV2MergeCoherence",
    fingerprints: &["130f4ed11466c243731ad4f58f7aa4e1"],
    relies_on: &[],
    places: &[],
};

pub(super) const IS_TYPE: Known = Known {
    name: "isType",
    fingerprints: &["d552fc4b48d643d3ff0e83ac3b621ed7"],
    relies_on: &[],
    places: &[],
};

pub(super) const CHECK_DEFS_FOR_ERROR: Known = Known {
    name: "checkDefsForError",
    fingerprints: &["ca8c796ac02299d6cb4bfd960be0ec96"],
    relies_on: &[
        ("all", Builtin("__all")),
        ("filter", Anything),
        ("showDefs", Anything),
    ],
    places: &[body(check::check_definitions)],
};

pub(super) const PUSH_POSITIONS: Known = Known {
    name: "pushPositions",
    fingerprints: &["6ba163821cf6e6402771b61233c97b0c"],
    relies_on: &[("mapAttrs", Builtin("__mapAttrs"))],
    places: &[sets(&[&["file", "value"]])],
};

/// `merge.v2` of `attrsWith`.
pub(super) const ATTRS_V2: Known = Known {
    name: "v2",
    fingerprints: &["3a69581556cf478d3221056b9a74a088"],
    relies_on: &[
        ("mergeDefinitions", Meaning::Known("mergeDefinitions")),
        (
            "pushPositions",
            Meaning::BuiltinApplied("map", "pushPositions"),
        ),
        ("filterAttrs", Meaning::Known("filterAttrs")),
        ("zipAttrsWith", Builtin("__zipAttrsWith")),
        ("mapAttrs", Builtin("__mapAttrs")),
        ("checkDefsForError", Anything),
        ("check", Anything),
        ("elemType", Anything),
        ("lazy", Anything),
    ],
    places: &[Place {
        at: At::Body,
        variables: &["lazy", "defs", "elemType", "loc"],
        literals: &[&["headError", "value", "valueMeta"]],
        run: Some(attrs_merging::merge),
        parts: attrs_merging::PARTS,
    }],
};

/// Where in the tables of the former something stands.
pub(in crate::intrinsics) mod attrs_of {
    /// What it relies on.
    pub(in crate::intrinsics) const MERGE_DEFINITIONS: usize = 0;
    pub(in crate::intrinsics) const PUSH_POSITIONS: usize = 1;
    /// Variables of its place.
    pub(in crate::intrinsics) const LAZY: u32 = 0;
    pub(in crate::intrinsics) const DEFS: u32 = 1;
    pub(in crate::intrinsics) const ELEM_TYPE: u32 = 2;
    pub(in crate::intrinsics) const LOC: u32 = 3;
}

/// `merge.v2` of `listOf`.
pub(super) const LIST_V2: Known = Known {
    name: "v2",
    fingerprints: &["111a97601792396261d1662b63d8a2e2"],
    relies_on: &[
        ("mergeDefinitions", Meaning::Known("mergeDefinitions")),
        ("filter", Builtin("__filter")),
        ("concatLists", Builtin("__concatLists")),
        ("imap1", Meaning::Known("imap1")),
        ("checkDefsForError", Anything),
        ("check", Anything),
        ("elemType", Anything),
    ],
    places: &[Place {
        at: At::Body,
        variables: &["defs", "elemType", "loc"],
        literals: &[&["headError", "value", "valueMeta"], &["file", "value"]],
        run: Some(list_merging::merge),
        parts: list_merging::PARTS,
    }],
};

/// Where in the tables of the former something stands.
pub(in crate::intrinsics) mod list_of {
    /// What it relies on.
    pub(in crate::intrinsics) const MERGE_DEFINITIONS: usize = 0;
    /// Variables of its place.
    pub(in crate::intrinsics) const DEFS: u32 = 0;
    pub(in crate::intrinsics) const ELEM_TYPE: u32 = 1;
    pub(in crate::intrinsics) const LOC: u32 = 2;
}
