//! Functions of `lib/modules.nix`.

use super::sets;
use crate::intrinsics::modules::{
    arguments, collect as collecting, config, definitions, evaluation, level,
};
use crate::intrinsics::{Argument, At, Known, Meaning, Place};
use Meaning::{Anything, Builtin};

pub(super) const MERGE_DEFINITIONS: Known = Known {
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
pub(in crate::intrinsics) mod merge_definitions {
    pub(in crate::intrinsics) const FILTER_OVERRIDES: usize = 0;
    pub(in crate::intrinsics) const SORT_PROPERTIES: usize = 1;
}

pub(super) const DISCHARGE_PROPERTIES: Known = Known {
    name: "dischargeProperties",
    fingerprints: &["2ffa4198df5566a15c7b9cbc86668f92"],
    relies_on: &[
        ("concatMap", Builtin("__concatMap")),
        ("isBool", Builtin("__isBool")),
        ("dischargeProperties", Meaning::Known("dischargeProperties")),
    ],
    places: &[],
};

pub(super) const FILTER_OVERRIDES: Known = Known {
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

pub(super) const SORT_PROPERTIES: Known = Known {
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

pub(super) const MERGE_MODULES: Known = Known {
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

pub(super) const IN_MERGE_MODULES: Known = Known {
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
pub(in crate::intrinsics) mod merge_modules {
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

pub(super) const PUSH_DOWN_PROPERTIES: Known = Known {
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

pub(super) const MERGE_OPTION_DECLS: Known = Known {
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
pub(super) const MERGE_WRAPPED_OPTION_DECLS: Known = Known {
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

pub(super) const FIXUP_OPTION_TYPE: Known = Known {
    name: "fixupOptionType",
    fingerprints: &["684e40b183f100212dff45ef3c1355ce"],
    relies_on: &[("types", Anything)],
    places: &[sets(&[&["type"], &["type", "options"]])],
};

pub(super) const EVAL_OPTION_VALUE: Known = Known {
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
pub(super) const EVAL_OPTION_VALUE_WARN_IF: Known = Known {
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
pub(in crate::intrinsics) mod option {
    /// Literals of `mergeOptionDecls`.
    pub(in crate::intrinsics) const FIRST: usize = 0;
    pub(in crate::intrinsics) const NEXT: usize = 1;
    pub(in crate::intrinsics) const NOWHERE: usize = 2;
    /// The literal of `evalOptionValue`.
    pub(in crate::intrinsics) const EVALUATED: usize = 0;
    /// What `mergeOptionDecls` relies on.
    pub(in crate::intrinsics) const SET_DEFAULT_LOCATION: usize = 0;
}

pub(super) const SET_DEFAULT_LOCATION: Known = Known {
    name: "setDefaultModuleLocation",
    fingerprints: &["5760048ed4c3029f271b10f9bc3b3b09"],
    relies_on: &[],
    places: &[sets(&[&["_file", "imports"]])],
};

pub(super) const MK_IF: Known = Known {
    name: "mkIf",
    fingerprints: &["011fd2bd11b018338d209a5949d7e83e"],
    relies_on: &[],
    places: &[sets(&[&["_type", "condition", "content"]])],
};

pub(super) const MK_OVERRIDE: Known = Known {
    name: "mkOverride",
    fingerprints: &["46e54f179fb020f33cbf6392966d43b5"],
    relies_on: &[],
    places: &[sets(&[&["_type", "priority", "content"]])],
};

pub(super) const COLLECT_MODULES: Known = Known {
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
pub(in crate::intrinsics) mod collect {
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

pub(super) const UNIFY_MODULE_SYNTAX: Known = Known {
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
pub(super) const UNIFY_MODULE_SYNTAX_IF_NOT: Known = Known {
    name: "unifyModuleSyntax",
    fingerprints: &["8ece99f1d78cc50309fbcd803de8ec14"],
    relies_on: &[
        ("mkMerge", Meaning::Known("mkMerge")),
        ("isAttrs", Builtin("__isAttrs")),
        ("throwIfNot", Meaning::Known("throwIfNot")),
    ],
    places: UNIFY_MODULE_SYNTAX.places,
};

/// Where in the tables of `unifyModuleSyntax` something stands.
pub(in crate::intrinsics) mod unify {
    /// What it relies on.
    pub(in crate::intrinsics) const MK_MERGE: usize = 0;
    /// Its literals.
    pub(in crate::intrinsics) const LONG: usize = 0;
    pub(in crate::intrinsics) const SHORT: usize = 1;
    pub(in crate::intrinsics) const META: usize = 2;
    pub(in crate::intrinsics) const FREEFORM_TYPE: usize = 3;
    pub(in crate::intrinsics) const MODULE: usize = 4;
}

pub(super) const APPLY_MODULE_ARGS: Known = Known {
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

pub(super) const APPLY_MODULE_ARGS_IF_FUNCTION: Known = Known {
    name: "applyModuleArgsIfFunction",
    fingerprints: &["03689612d042dc0933d6b1f3d51f801e"],
    relies_on: &[
        ("isFunction", Meaning::Known("isFunction")),
        ("applyModuleArgs", Meaning::Known("applyModuleArgs")),
    ],
    places: &[],
};

pub(super) const MK_MERGE: Known = Known {
    name: "mkMerge",
    fingerprints: &["abe8dab60eebb20aa60d655ce533e447"],
    relies_on: &[],
    places: &[sets(&[&["_type", "contents"]])],
};

pub(super) const DECLARED_CONFIG: Known = Known {
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

/// The module that `evalModules` adds to those that it is given.
pub(super) const INTERNAL_MODULE: Known = Known {
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

pub(super) const WITH_WARNINGS: Known = Known {
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

pub(super) const LEGACY_MODULES: Known = Known {
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
