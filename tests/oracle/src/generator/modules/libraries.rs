//! Libraries that modules are evaluated with: that of nixpkgs, and some that differ from it.

use super::Systems;

/// How many of a thousand programs use another library.
const SHARE: usize = 70;

/// Overlays. Functions of nixpkgs use what they say in place of their own.
const OVERLAYS: &[&str] = &[
    "",
    "imap1 = f: list: prev.imap1 f list;",
    "concatMap = f: list: prev.concatMap f list;",
    "isFunction = f: prev.isFunction f;",
    "functionArgs = f: { };",
    "reverseList = list: list;",
    "min = a: b: if a < b then b else a;",
    "isAttrs = v: builtins.isAttrs v && !(v ? k);",
    "isList = v: false;",
    "isBool = v: v == true;",
    "mapAttrs = f: set: builtins.mapAttrs f (removeAttrs set [ \"b\" ]);",
    "zipAttrsWith = f: sets: builtins.zipAttrsWith (n: vs: f n (prev.reverseList vs)) sets;",
    "foldl' = f: start: list: prev.foldl' f start (prev.reverseList list);",
    "sort = f: list: prev.reverseList (prev.sort f list);",
    "setAttrByPath = path: value: { set = value; };",
    "attrByPath = path: default: set: default;",
    "mapAttrsRecursiveCond = cond: f: set: builtins.mapAttrs (n: v: f [ n ] v) set;",
    "unsafeGetAttrPos = name: set: null;",
    "addErrorContext = text: value: value;",
    "genericClosure = set: set.startSet;",
    "filterAttrs = f: set: set;",
    "elem = x: list: false;",
    "mkOption = set: prev.mkOption (set // { internal = true; });",
    "options = prev.options // { showOption = path: \"shown ${toString (builtins.length path)}\"; };",
    "options = prev.options // { isOption = set: set ? _type; };",
    "options = prev.options // { unknownModule = \"nowhere\"; };",
    "types = prev.types // { unspecified = prev.types.anything; };",
    "types = prev.types // { bool = prev.types.raw; int = prev.types.str; };",
    "modules = prev.modules // { mergeDefinitions = loc: type: defs: prev.modules.mergeDefinitions loc type (prev.reverseList defs); };",
    "modules = prev.modules // { defaultOverridePriority = 40; mkOverride = p: c: c; };",
];

/// The file of modules with other global names.
const GLOBALS: &[&str] = &[
    "map = f: list: builtins.map f list;",
    "map = f: list: builtins.map f (lib.reverseList list);",
    "toString = v: \"text\";",
    "removeAttrs = set: names: set;",
    "throw = v: builtins.throw v;",
];

impl Systems {
    /// The library, by what it is bound to.
    pub(super) fn library(&mut self) -> String {
        if self.random.below(1000) >= SHARE {
            return "import <nixpkgs/lib>".to_owned();
        }
        if self.percent(20) {
            let globals = self.random.pick(GLOBALS);
            return format!(
                "let lib = import <nixpkgs/lib>; modules = builtins.scopedImport {{ {globals} }} \
                 <nixpkgs/lib/modules.nix> {{ inherit lib; }}; in lib // modules // {{ inherit modules; }}"
            );
        }
        let overlay = self.random.pick(OVERLAYS);
        format!("(import <nixpkgs/lib>).extend (final: prev: {{ {overlay} }})")
    }
}
