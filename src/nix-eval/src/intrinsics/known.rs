//! The functions that are known: their fingerprints, what they rely on, and what of them is evaluated by code
//! of the evaluator. The numbers beside a table say where in it something stands.
//!
//! Fingerprints are found by `oracle intrinsics`, which shows those of a nixpkgs beside these.

use super::modules::{arguments, collect as collecting, config, definitions, evaluation, level};
use super::types::{attrs_of as attrs_merging, check, list_of as list_merging};
use super::{Argument, At, COMPUTED, Known, Meaning, Place, Run, attrsets, lists};
use Meaning::{Anything, Builtin};

/// All known functions.
pub(crate) const TABLE: &[&Known] = &[
    &MERGE_DEFINITIONS,
    &DISCHARGE_PROPERTIES,
    &FILTER_OVERRIDES,
    &SORT_PROPERTIES,
    &CHECK_COHERENCE,
    &MERGE_MODULES,
    &IN_MERGE_MODULES,
    &PUSH_DOWN_PROPERTIES,
    &MERGE_OPTION_DECLS,
    &MERGE_WRAPPED_OPTION_DECLS,
    &FIXUP_OPTION_TYPE,
    &EVAL_OPTION_VALUE,
    &EVAL_OPTION_VALUE_WARN_IF,
    &SET_DEFAULT_LOCATION,
    &MK_IF,
    &MK_OVERRIDE,
    &IS_TYPE,
    &MAP_ATTRS_TO_LIST,
    &MIN,
    &FOLD,
    &FOLD_OF_BUILTINS,
    &COLLECT_MODULES,
    &UNIFY_MODULE_SYNTAX,
    &UNIFY_MODULE_SYNTAX_IF_NOT,
    &THROW_IF_NOT,
    &APPLY_MODULE_ARGS,
    &APPLY_MODULE_ARGS_IF_FUNCTION,
    &MK_MERGE,
    &IS_FUNCTION,
    &FUNCTION_ARGS,
    &IMAP1,
    &ZIP_ATTRS,
    &REVERSE_LIST,
    &SET_ATTR_BY_PATH,
    &ATTR_BY_PATH,
    &MAP_ATTRS_RECURSIVE_COND,
    &DECLARED_CONFIG,
    &MERGE_EQUAL_OPTION,
    &CHECK_DEFS_FOR_ERROR,
    &ATTRS_V2,
    &LIST_V2,
    &PUSH_POSITIONS,
    &FILTER_ATTRS,
    &MK_OPTION,
    &INTERNAL_MODULE,
    &WARN_IF,
    &WITH_WARNINGS,
    &OPTIONAL,
    &LEGACY_MODULES,
    #[cfg(test)]
    &super::tests::sample::SAMPLE,
    #[cfg(test)]
    &super::tests::sample::PAIR,
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

const MERGE_DEFINITIONS: Known = Known {
    name: "mergeDefinitions",
    fingerprints: &["8f038f2622483b23992a97f48b5ea5f7"],
    relies_on: &[
        ("filterOverrides'", Meaning::Known("filterOverrides'")),
        ("sortProperties", Meaning::Known("sortProperties")),
        ("dischargeProperties", Meaning::Known("dischargeProperties")),
        (
            "checkV2MergeCoherence",
            Meaning::Known("checkV2MergeCoherence"),
        ),
        (
            "defaultOverridePriority",
            Meaning::Integer(definitions::DEFAULT_PRIORITY),
        ),
        ("concatMap", Builtin("__concatMap")),
        ("addErrorContext", Builtin("__addErrorContext")),
        ("any", Builtin("__any")),
        ("all", Builtin("__all")),
        ("length", Builtin("__length")),
        ("head", Builtin("__head")),
        ("isAttrs", Builtin("__isAttrs")),
        ("filter", Anything),
    ],
    places: &[
        sets(&[&["file", "value"], &["loc", "defs"]]),
        Place {
            at: At::Value("defsFinal'"),
            variables: &["defs"],
            literals: &[
                &["file", "value"],
                &["loc", "defs"],
                &["values", "highestPrio"],
                &["values", "highestPrio"],
            ],
            run: Some(definitions::final_definitions),
            parts: definitions::FINAL_PARTS,
        },
        Place {
            at: At::Value("mergedValue"),
            variables: &["defsFinal", "type", "loc"],
            literals: &[&["file", "value"], &["loc", "defs"]],
            run: Some(definitions::merged_value),
            parts: &[],
        },
    ],
};

/// Where in what `mergeDefinitions` relies on something stands.
pub(super) mod merge_definitions {
    pub(in crate::intrinsics) const FILTER_OVERRIDES: usize = 0;
    pub(in crate::intrinsics) const SORT_PROPERTIES: usize = 1;
}

const DISCHARGE_PROPERTIES: Known = Known {
    name: "dischargeProperties",
    fingerprints: &["2ffa4198df5566a15c7b9cbc86668f92"],
    relies_on: &[
        ("concatMap", Builtin("__concatMap")),
        ("isBool", Builtin("__isBool")),
        ("dischargeProperties", Meaning::Known("dischargeProperties")),
    ],
    places: &[],
};

const FILTER_OVERRIDES: Known = Known {
    name: "filterOverrides'",
    fingerprints: &["a58a02597577392cf57299191b92cd36"],
    relies_on: &[
        (
            "defaultOverridePriority",
            Meaning::Integer(definitions::DEFAULT_PRIORITY),
        ),
        ("length", Builtin("__length")),
        ("head", Builtin("__head")),
        ("foldl'", Meaning::Known("foldl'")),
        ("min", Meaning::Known("min")),
        ("concatMap", Builtin("__concatMap")),
    ],
    places: &[sets(&[&["value"]])],
};

const SORT_PROPERTIES: Known = Known {
    name: "sortProperties",
    fingerprints: &["971dc8a7b85110de3886b47d665bafcf"],
    relies_on: &[
        ("sort", Builtin("__sort")),
        (
            "defaultOrderPriority",
            Meaning::Integer(definitions::DEFAULT_ORDER),
        ),
    ],
    places: &[sets(&[&["value", "priority"]])],
};

const CHECK_COHERENCE: Known = Known {
    name: "checkV2MergeCoherence",
    fingerprints: &["130f4ed11466c243731ad4f58f7aa4e1"],
    relies_on: &[],
    places: &[],
};

const MERGE_MODULES: Known = Known {
    name: "mergeModules",
    fingerprints: &["281851b8a5c5d4747d576690668f0d23"],
    relies_on: &[
        ("mergeModules'", Meaning::Known("mergeModules'")),
        ("pushDownProperties", Meaning::Known("pushDownProperties")),
        ("concatMap", Builtin("__concatMap")),
    ],
    places: &[Place {
        at: At::Body,
        variables: &[],
        literals: &[],
        run: Some(level::merge_modules),
        parts: &[],
    }],
};

const IN_MERGE_MODULES: Known = Known {
    name: "mergeModules'",
    fingerprints: &["35662df5c9249aa44b64ee491fb35fa4"],
    relies_on: &[
        ("mergeModules'", Meaning::Known("mergeModules'")),
        ("mergeOptionDecls", Meaning::Known("mergeOptionDecls")),
        ("fixupOptionType", Meaning::Known("fixupOptionType")),
        ("evalOptionValue", Meaning::Known("evalOptionValue")),
        ("mkIf", Meaning::Known("mkIf")),
        ("mkOverride", Meaning::Known("mkOverride")),
        ("pushDownProperties", Meaning::Known("pushDownProperties")),
        ("mergeDefinitions", Meaning::Known("mergeDefinitions")),
        ("types", Anything),
        ("showOption", Anything),
        (
            "zipAttrs",
            Meaning::BuiltinApplied("__zipAttrsWith", "zipAttrs"),
        ),
        (
            "isOption",
            Meaning::Applied("isType", Argument::String("option")),
        ),
        ("mapAttrsToList", Meaning::Known("mapAttrsToList")),
        ("isAttrs", Builtin("__isAttrs")),
        ("mapAttrs", Builtin("__mapAttrs")),
        ("unsafeGetAttrPos", Builtin("__unsafeGetAttrPos")),
        ("all", Builtin("__all")),
        ("zipAttrsWith", Builtin("__zipAttrsWith")),
        ("concatLists", Builtin("__concatLists")),
        ("filter", Builtin("__filter")),
        ("length", Builtin("__length")),
        ("attrNames", Builtin("__attrNames")),
        ("mkOption", Anything),
        ("throwDeclarationTypeError", Anything),
    ],
    places: &[Place {
        at: At::Body,
        variables: &[],
        literals: &[
            &["matchedOptions", "unmatchedDefns"],
            &["prefix"],
            &["_file", "pos", "options"],
            &["file", "value"],
            &["file", "config"],
        ],
        run: Some(level::merge_modules_with),
        parts: level::PARTS,
    }],
};

/// Where in what `mergeModules'` relies on something stands.
pub(super) mod merge_modules {
    pub(in crate::intrinsics) const IN_MERGE_MODULES: usize = 0;
    pub(in crate::intrinsics) const MERGE_OPTION_DECLS: usize = 1;
    pub(in crate::intrinsics) const FIXUP_OPTION_TYPE: usize = 2;
    pub(in crate::intrinsics) const EVAL_OPTION_VALUE: usize = 3;
    pub(in crate::intrinsics) const MK_IF: usize = 4;
    pub(in crate::intrinsics) const MK_OVERRIDE: usize = 5;
    pub(in crate::intrinsics) const PUSH_DOWN_PROPERTIES: usize = 6;
    pub(in crate::intrinsics) const MERGE_DEFINITIONS: usize = 7;
    pub(in crate::intrinsics) const TYPES: usize = 8;
    pub(in crate::intrinsics) const SHOW_OPTION: usize = 9;
}

const PUSH_DOWN_PROPERTIES: Known = Known {
    name: "pushDownProperties",
    fingerprints: &["90c86aebc1a3119df2a9afd9314c15e9"],
    relies_on: &[
        ("mkIf", Meaning::Known("mkIf")),
        ("mkOverride", Meaning::Known("mkOverride")),
        ("pushDownProperties", Meaning::Known("pushDownProperties")),
        ("isAttrs", Builtin("__isAttrs")),
        ("mapAttrs", Builtin("__mapAttrs")),
        ("concatMap", Builtin("__concatMap")),
    ],
    places: &[],
};

const MERGE_OPTION_DECLS: Known = Known {
    name: "mergeOptionDecls",
    fingerprints: &["847715d3dab9ea410eca5bc47aeaed24"],
    relies_on: &[
        (
            "setDefaultModuleLocation",
            Meaning::Known("setDefaultModuleLocation"),
        ),
        ("foldl'", Meaning::Known("foldl'")),
    ],
    places: &[sets(&[
        &["loc", "declarations", "declarationPositions", "options"],
        &["declarations", "declarationPositions", "options"],
        &["file", "line", "column"],
    ])],
};

/// As it is in nixpkgs 26.05: types that once had a `functor.wrapped` are given one that warns.
const MERGE_WRAPPED_OPTION_DECLS: Known = Known {
    fingerprints: WRAPPING,
    ..MERGE_OPTION_DECLS
};

const WRAPPING: &[&str] = &["f31f2df0c6d53898760a97c7e2686b2c"];

impl Known {
    /// Whether this is a `mergeOptionDecls` that changes some types.
    pub(in crate::intrinsics) fn wraps_types(&self) -> bool {
        self.fingerprints == WRAPPING
    }
}

const FIXUP_OPTION_TYPE: Known = Known {
    name: "fixupOptionType",
    fingerprints: &["684e40b183f100212dff45ef3c1355ce"],
    relies_on: &[("types", Anything)],
    places: &[sets(&[&["type"], &["type", "options"]])],
};

const EVAL_OPTION_VALUE: Known = Known {
    name: "evalOptionValue",
    fingerprints: &["03d099ac504e0b061e2e6ea1671b6f9c"],
    relies_on: &[
        ("showOption", Anything),
        (
            "mkOptionDefault",
            Meaning::Applied(
                "mkOverride",
                Argument::Integer(definitions::OPTION_DEFAULT_PRIORITY),
            ),
        ),
        ("mergeDefinitions", Meaning::Known("mergeDefinitions")),
        ("head", Builtin("__head")),
        ("length", Builtin("__length")),
        ("addErrorContext", Builtin("__addErrorContext")),
        ("warn", Anything),
        ("showFiles", Anything),
    ],
    places: &[sets(&[&[
        "value",
        "highestPrio",
        "definitions",
        "files",
        "definitionsWithLocations",
        "isDefined",
        "valueMeta",
        "__toString",
    ]])],
};

/// As it is in nixpkgs 26.05.
const EVAL_OPTION_VALUE_WARN_IF: Known = Known {
    name: "evalOptionValue",
    fingerprints: &["c53221e86b670e05894300dc95929ec6"],
    relies_on: &[
        ("showOption", Anything),
        (
            "mkOptionDefault",
            Meaning::Applied(
                "mkOverride",
                Argument::Integer(definitions::OPTION_DEFAULT_PRIORITY),
            ),
        ),
        ("mergeDefinitions", Meaning::Known("mergeDefinitions")),
        ("head", Builtin("__head")),
        ("length", Builtin("__length")),
        ("addErrorContext", Builtin("__addErrorContext")),
        ("warnIf", Meaning::Known("warnIf")),
        ("showFiles", Anything),
    ],
    places: EVAL_OPTION_VALUE.places,
};

/// Where in the tables of an option's functions something stands.
pub(super) mod option {
    /// Literals of `mergeOptionDecls`.
    pub(in crate::intrinsics) const FIRST: usize = 0;
    pub(in crate::intrinsics) const NEXT: usize = 1;
    pub(in crate::intrinsics) const NOWHERE: usize = 2;
    /// The literal of `evalOptionValue`.
    pub(in crate::intrinsics) const EVALUATED: usize = 0;
    /// What `mergeOptionDecls` relies on.
    pub(in crate::intrinsics) const SET_DEFAULT_LOCATION: usize = 0;
}

const SET_DEFAULT_LOCATION: Known = Known {
    name: "setDefaultModuleLocation",
    fingerprints: &["5760048ed4c3029f271b10f9bc3b3b09"],
    relies_on: &[],
    places: &[sets(&[&["_file", "imports"]])],
};

const MK_IF: Known = Known {
    name: "mkIf",
    fingerprints: &["011fd2bd11b018338d209a5949d7e83e"],
    relies_on: &[],
    places: &[sets(&[&["_type", "condition", "content"]])],
};

const MK_OVERRIDE: Known = Known {
    name: "mkOverride",
    fingerprints: &["46e54f179fb020f33cbf6392966d43b5"],
    relies_on: &[],
    places: &[sets(&[&["_type", "priority", "content"]])],
};

const IS_TYPE: Known = Known {
    name: "isType",
    fingerprints: &["d552fc4b48d643d3ff0e83ac3b621ed7"],
    relies_on: &[],
    places: &[],
};

const MAP_ATTRS_TO_LIST: Known = Known {
    name: "mapAttrsToList",
    fingerprints: &["d46636e00a91c7e1017ce1db7bdd76eb"],
    relies_on: &[
        ("attrValues", Builtin("__attrValues")),
        ("mapAttrs", Builtin("__mapAttrs")),
    ],
    places: &[],
};

const MIN: Known = Known {
    name: "min",
    fingerprints: &["61ffd36be4b0b7179fd28ca88599c57e"],
    relies_on: &[],
    places: &[],
};

const FOLD: Known = Known {
    name: "foldl'",
    fingerprints: &["385067d09b63de8528ef0d5f59cf94f1"],
    relies_on: &[("seq", Builtin("__seq"))],
    places: &[],
};

/// As it is in nixpkgs 26.05, with builtins taken from their set.
const FOLD_OF_BUILTINS: Known = Known {
    name: "foldl'",
    fingerprints: &["a5e557bff7b5df456b19a99b7ed3bc1d"],
    relies_on: &[],
    places: &[],
};

const COLLECT_MODULES: Known = Known {
    name: "collectModules",
    fingerprints: &["42eef37a3b2f90308210ca53063e239b"],
    relies_on: &[
        ("unifyModuleSyntax", Meaning::Known("unifyModuleSyntax")),
        ("applyModuleArgs", Meaning::Known("applyModuleArgs")),
        (
            "applyModuleArgsIfFunction",
            Meaning::Known("applyModuleArgsIfFunction"),
        ),
        ("isFunction", Meaning::Known("isFunction")),
        ("imap1", Meaning::Known("imap1")),
        ("isAttrs", Builtin("__isAttrs")),
        ("isList", Builtin("__isList")),
        ("isString", Builtin("__isString")),
        ("substring", Builtin("__substring")),
        ("concatMap", Builtin("__concatMap")),
        ("concatLists", Builtin("__concatLists")),
        ("catAttrs", Builtin("__catAttrs")),
        ("elem", Builtin("__elem")),
        ("filter", Builtin("__filter")),
        ("genericClosure", Builtin("__genericClosure")),
        ("isConvertibleWithToString", Anything),
        ("unknownModule", Anything),
        ("showDefs", Anything),
    ],
    places: &[Place {
        at: At::Call("modules", "filterModules"),
        variables: &[
            "initialModules",
            "class",
            "args",
            "unknownModule",
            "loadModule",
            "checkModule",
            "modulesPath",
        ],
        literals: &[],
        run: Some(collecting::collected),
        parts: &[],
    }],
};

/// Where in the tables of `collectModules` something stands.
pub(super) mod collect {
    /// What it relies on.
    pub(in crate::intrinsics) const UNIFY: usize = 0;
    pub(in crate::intrinsics) const APPLY: usize = 1;
    /// Variables of its place.
    pub(in crate::intrinsics) const INITIAL_MODULES: u32 = 0;
    pub(in crate::intrinsics) const CLASS: u32 = 1;
    pub(in crate::intrinsics) const ARGS: u32 = 2;
    pub(in crate::intrinsics) const UNKNOWN_MODULE: u32 = 3;
    pub(in crate::intrinsics) const LOAD_MODULE: u32 = 4;
    pub(in crate::intrinsics) const CHECK_MODULE: u32 = 5;
    pub(in crate::intrinsics) const MODULES_PATH: u32 = 6;
}

const UNIFY_MODULE_SYNTAX: Known = Known {
    name: "unifyModuleSyntax",
    fingerprints: &["fa72ef49a2f8ce881bfd04832cc83a80"],
    relies_on: &[
        ("mkMerge", Meaning::Known("mkMerge")),
        ("isAttrs", Builtin("__isAttrs")),
    ],
    places: &[sets(&[
        &[
            "_file",
            "_class",
            "key",
            "disabledModules",
            "imports",
            "options",
            "config",
        ],
        &[
            "_file",
            "_class",
            "key",
            "disabledModules",
            "imports",
            "options",
            "config",
        ],
        &["meta"],
        &["freeformType"],
        &["_module"],
    ])],
};

/// As it is in nixpkgs 26.05.
const UNIFY_MODULE_SYNTAX_IF_NOT: Known = Known {
    name: "unifyModuleSyntax",
    fingerprints: &["8ece99f1d78cc50309fbcd803de8ec14"],
    relies_on: &[
        ("mkMerge", Meaning::Known("mkMerge")),
        ("isAttrs", Builtin("__isAttrs")),
        ("throwIfNot", Meaning::Known("throwIfNot")),
    ],
    places: UNIFY_MODULE_SYNTAX.places,
};

const THROW_IF_NOT: Known = Known {
    name: "throwIfNot",
    fingerprints: &["8349e4fe59a0b23f6268093343573ee3"],
    relies_on: &[],
    places: &[],
};

/// Where in the tables of `unifyModuleSyntax` something stands.
pub(super) mod unify {
    /// What it relies on.
    pub(in crate::intrinsics) const MK_MERGE: usize = 0;
    /// Its literals.
    pub(in crate::intrinsics) const LONG: usize = 0;
    pub(in crate::intrinsics) const SHORT: usize = 1;
    pub(in crate::intrinsics) const META: usize = 2;
    pub(in crate::intrinsics) const FREEFORM_TYPE: usize = 3;
    pub(in crate::intrinsics) const MODULE: usize = 4;
}

const APPLY_MODULE_ARGS: Known = Known {
    name: "applyModuleArgs",
    fingerprints: &["a6f416f3f5ab8ed7343c5b5a4fc07b24"],
    relies_on: &[
        ("mapAttrs", Builtin("__mapAttrs")),
        ("addErrorContext", Builtin("__addErrorContext")),
        ("functionArgs", Meaning::Known("functionArgs")),
    ],
    places: &[Place {
        at: At::Body,
        variables: &[],
        literals: &[],
        run: None,
        parts: arguments::PARTS,
    }],
};

const APPLY_MODULE_ARGS_IF_FUNCTION: Known = Known {
    name: "applyModuleArgsIfFunction",
    fingerprints: &["03689612d042dc0933d6b1f3d51f801e"],
    relies_on: &[
        ("isFunction", Meaning::Known("isFunction")),
        ("applyModuleArgs", Meaning::Known("applyModuleArgs")),
    ],
    places: &[],
};

const MK_MERGE: Known = Known {
    name: "mkMerge",
    fingerprints: &["abe8dab60eebb20aa60d655ce533e447"],
    relies_on: &[],
    places: &[sets(&[&["_type", "contents"]])],
};

const IS_FUNCTION: Known = Known {
    name: "isFunction",
    fingerprints: &["7f2aa3e8176d2e63ca812f22adc78ed8"],
    relies_on: &[],
    places: &[],
};

const FUNCTION_ARGS: Known = Known {
    name: "functionArgs",
    fingerprints: &["c8c1a46370d572f57e8aa5a64a404f38"],
    relies_on: &[],
    places: &[],
};

const IMAP1: Known = Known {
    name: "imap1",
    fingerprints: &["36714ea43f52d98bdc7f8c3675fb732b"],
    relies_on: &[
        ("genList", Builtin("__genList")),
        ("elemAt", Builtin("__elemAt")),
        ("length", Builtin("__length")),
    ],
    places: &[body(lists::imap1)],
};

const ZIP_ATTRS: Known = Known {
    name: "zipAttrs",
    fingerprints: &["98586d20767faf8bf7866fec899f93be"],
    relies_on: &[("zipAttrsWith", Builtin("__zipAttrsWith"))],
    places: &[],
};

const REVERSE_LIST: Known = Known {
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

const SET_ATTR_BY_PATH: Known = Known {
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

const ATTR_BY_PATH: Known = Known {
    name: "attrByPath",
    fingerprints: &["766527a326f15909ffaa6b1e14f99e79"],
    relies_on: &[
        ("elemAt", Builtin("__elemAt")),
        ("length", Builtin("__length")),
    ],
    places: &[body(attrsets::attr_by_path)],
};

const MAP_ATTRS_RECURSIVE_COND: Known = Known {
    name: "mapAttrsRecursiveCond",
    fingerprints: &["5e36bef3071e75ecf542dece9d5341cf"],
    relies_on: &[
        ("mapAttrs", Builtin("__mapAttrs")),
        ("isAttrs", Builtin("__isAttrs")),
    ],
    places: &[],
};

const DECLARED_CONFIG: Known = Known {
    name: "declaredConfig",
    fingerprints: &["ddd5fd996bfb66ff8df31fb4a661dafd"],
    relies_on: &[
        (
            "mapAttrsRecursiveCond",
            Meaning::Known("mapAttrsRecursiveCond"),
        ),
        (
            "isOption",
            Meaning::Applied("isType", Argument::String("option")),
        ),
        ("options", Anything),
    ],
    places: &[Place {
        at: At::Itself,
        variables: &["options"],
        literals: &[],
        run: Some(config::declared),
        parts: config::PARTS,
    }],
};

const MERGE_EQUAL_OPTION: Known = Known {
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

const CHECK_DEFS_FOR_ERROR: Known = Known {
    name: "checkDefsForError",
    fingerprints: &["ca8c796ac02299d6cb4bfd960be0ec96"],
    relies_on: &[
        ("all", Builtin("__all")),
        ("filter", Anything),
        ("showDefs", Anything),
    ],
    places: &[body(check::check_definitions)],
};

const FILTER_ATTRS: Known = Known {
    name: "filterAttrs",
    fingerprints: &["987feef986a92796d73db3d925b8dad8"],
    relies_on: &[
        ("filter", Builtin("__filter")),
        ("attrNames", Builtin("__attrNames")),
        ("removeAttrs", Builtin("removeAttrs")),
    ],
    places: &[],
};

const PUSH_POSITIONS: Known = Known {
    name: "pushPositions",
    fingerprints: &["6ba163821cf6e6402771b61233c97b0c"],
    relies_on: &[("mapAttrs", Builtin("__mapAttrs"))],
    places: &[sets(&[&["file", "value"]])],
};

/// `merge.v2` of `attrsWith`.
const ATTRS_V2: Known = Known {
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
pub(super) mod attrs_of {
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
const LIST_V2: Known = Known {
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
pub(super) mod list_of {
    /// What it relies on.
    pub(in crate::intrinsics) const MERGE_DEFINITIONS: usize = 0;
    /// Variables of its place.
    pub(in crate::intrinsics) const DEFS: u32 = 0;
    pub(in crate::intrinsics) const ELEM_TYPE: u32 = 1;
    pub(in crate::intrinsics) const LOC: u32 = 2;
}

const MK_OPTION: Known = Known {
    name: "mkOption",
    fingerprints: &["ed73432add50937115e75a34418d1ee0"],
    relies_on: &[],
    places: &[],
};

/// The module that `evalModules` adds to those that it is given.
const INTERNAL_MODULE: Known = Known {
    name: "internalModule",
    fingerprints: &["5f33861b637efda76b2acc6baa8088e1"],
    relies_on: &[
        ("mkOption", Meaning::Known("mkOption")),
        ("types", Anything),
        ("prefix", Anything),
        ("extendModules", Anything),
        ("type", Anything),
        ("specialArgs", Anything),
    ],
    places: &[Place {
        at: At::Value("options"),
        variables: &["prefix"],
        literals: &[],
        run: Some(evaluation::internal_options),
        parts: &[],
    }],
};

const WARN_IF: Known = Known {
    name: "warnIf",
    fingerprints: &["533b1d152cf742a92802d0fafd5add6b"],
    relies_on: &[("warn", Anything)],
    places: &[],
};

const OPTIONAL: Known = Known {
    name: "optional",
    fingerprints: &["ba080f6a258b22d95255bd8caa672a9e"],
    relies_on: &[],
    places: &[],
};

const WITH_WARNINGS: Known = Known {
    name: "withWarnings",
    fingerprints: &["7a0aefd921841e636bcb9f0f39f5174a"],
    relies_on: &[
        ("warnIf", Meaning::Known("warnIf")),
        ("evalModulesArgs", Anything),
    ],
    places: &[Place {
        at: At::Body,
        variables: &["evalModulesArgs"],
        literals: &[],
        run: Some(evaluation::with_warnings),
        parts: &[],
    }],
};

const LEGACY_MODULES: Known = Known {
    name: "legacyModules",
    fingerprints: &["0253ee9b721bed98afb4c7b1c6e724ac"],
    relies_on: &[
        ("optional", Meaning::Known("optional")),
        ("evalModulesArgs", Anything),
        ("args", Anything),
        ("check", Anything),
        ("mkDefault", Anything),
    ],
    places: &[Place {
        at: At::Itself,
        variables: &["evalModulesArgs"],
        literals: &[],
        run: Some(evaluation::legacy_modules),
        parts: &[],
    }],
};
