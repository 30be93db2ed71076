//! The names that an evaluation knows from the start, in the order in which Nix 2.34 makes symbols
//! of them (`StaticEvalSymbols`, then the builtins as they are registered, then what the file behind
//! `derivation` mentions). The order shows: sets are evaluated in the order of their symbols.

use super::Symbol;

macro_rules! known {
    ($($constant:ident = $name:literal),* $(,)?) => {
        known!(@index 0u32; $($constant = $name,)*);
        /// The names that have constants, in the order of their symbols.
        pub const NAMES: &[&str] = &[$($name),*];
    };
    (@index $at:expr; $constant:ident = $name:literal, $($rest:tt)*) => {
        #[doc = concat!("`", $name, "`")]
        pub const $constant: Symbol = Symbol($at);
        known!(@index $at + 1; $($rest)*);
    };
    (@index $at:expr;) => {};
}

// `url` and `sha256` come here for the fetchers' sake; Nix meets them later.
known! {
    WITH = "<with>", OUT_PATH = "outPath", DRV_PATH = "drvPath", TYPE = "type", META =
    "meta", NAME = "name", VALUE = "value", SYSTEM = "system", OVERRIDES = "__overrides",
    OUTPUTS = "outputs", OUTPUT_NAME = "outputName", IGNORE_NULLS = "__ignoreNulls", FILE =
    "file", LINE = "line", COLUMN = "column", FUNCTOR = "__functor", TO_STRING =
    "__toString", RIGHT = "right", WRONG = "wrong", STRUCTURED_ATTRS = "__structuredAttrs",
    JSON = "__json", ALLOWED_REFERENCES = "allowedReferences", ALLOWED_REQUISITES =
    "allowedRequisites", DISALLOWED_REFERENCES = "disallowedReferences",
    DISALLOWED_REQUISITES = "disallowedRequisites", MAX_SIZE = "maxSize", MAX_CLOSURE_SIZE =
    "maxClosureSize", BUILDER = "builder", ARGS = "args", CONTENT_ADDRESSED =
    "__contentAddressed", IMPURE = "__impure", OUTPUT_HASH = "outputHash", OUTPUT_HASH_ALGO
    = "outputHashAlgo", OUTPUT_HASH_MODE = "outputHashMode", RECURSE_FOR_DERIVATIONS =
    "recurseForDerivations", DESCRIPTION = "description", SELF = "self", EMPTY = "",
    START_SET = "startSet", OPERATOR = "operator", KEY = "key", PATH = "path", PREFIX =
    "prefix", OUTPUT_SPECIFIED = "outputSpecified", SUB = "__sub", LESS_THAN = "__lessThan",
    MUL = "__mul", DIV = "__div", OR = "or", FIND_FILE = "__findFile", NIX_PATH =
    "__nixPath", BODY = "body", URL = "url", SHA256 = "sha256",
}

/// The names behind those with constants.
pub(super) fn later() -> impl Iterator<Item = &'static str> {
    LATER.split_ascii_whitespace()
}

const LATER: &str = "
    builtins true false null __currentTime currentTime __currentSystem currentSystem
    __nixVersion nixVersion __storeDir storeDir __langVersion langVersion __traceVerbose
    traceVerbose nixPath scopedImport import __typeOf typeOf isNull __isFunction isFunction
    __isInt isInt __isFloat isFloat __isString isString __isBool isBool __isPath isPath
    __genericClosure genericClosure break abort throw __addErrorContext addErrorContext
    __ceil ceil __floor floor __tryEval tryEval __getEnv getEnv __seq seq __deepSeq deepSeq
    __trace trace __warn warn derivationStrict placeholder __toPath toPath __storePath
    storePath __pathExists pathExists baseNameOf dirOf __readFile readFile findFile
    __hashFile hashFile __readFileType readFileType __readDir readDir __toXML toXML __toJSON
    toJSON __fromJSON fromJSON __toFile toFile __filterSource filterSource __path
    __attrNames attrNames __attrValues attrValues __getAttr getAttr __unsafeGetAttrPos
    unsafeGetAttrPos __hasAttr hasAttr __isAttrs isAttrs removeAttrs __listToAttrs
    listToAttrs __intersectAttrs intersectAttrs __catAttrs catAttrs __functionArgs
    functionArgs __mapAttrs mapAttrs __zipAttrsWith zipAttrsWith __isList isList __elemAt
    elemAt __head head __tail tail map __filter filter __elem elem __concatLists concatLists
    __length length __foldl' foldl' __any any __all all __genList genList __sort sort
    __partition partition __groupBy groupBy __concatMap concatMap __add add sub mul div
    __bitAnd bitAnd __bitOr bitOr __bitXor bitXor lessThan toString __substring substring
    __stringLength stringLength __hashString hashString __convertHash convertHash __match
    match __split split __concatStringsSep concatStringsSep __replaceStrings replaceStrings
    __parseDrvName parseDrvName __compareVersions compareVersions __splitVersion
    splitVersion __unsafeDiscardStringContext unsafeDiscardStringContext __hasContext
    hasContext __unsafeDiscardOutputDependency unsafeDiscardOutputDependency
    __addDrvOutputDependencies addDrvOutputDependencies __getContext getContext
    __appendContext appendContext fetchMercurial fetchTree fetchFinalTree __fetchurl
    fetchurl fetchTarball fetchGit fromTOML __getFlake getFlake __parseFlakeRef
    parseFlakeRef __flakeRefToString flakeRefToString derivation strict drvAttrs commonAttrs
    outputsList x outputToAttrListElement
";
