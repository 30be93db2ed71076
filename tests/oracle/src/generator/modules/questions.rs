//! What is asked of a module system: values, what is known of options, other systems made from it, and what
//! functions of the library make of its parts.

use super::Systems;
use super::names::{dotted, listed};
use super::references::Scope;
use super::shapes::{Declared, Inner};
use super::system::{Place, System};
use crate::expression::Expression;

/// Questions about a whole system.
const WHOLE: &[&str] = &[
    "ask.plain config",
    "ask.plain config",
    "ask.tree (removeAttrs options [ \"_module\" ])",
    "ask.tree (removeAttrs options [ \"_module\" ])",
    "ask.tree options",
    "ask.plain (builtins.attrNames config)",
    "ask.plain (builtins.attrNames result)",
    "ask.plain result._module.args",
    "ask.plain (result._module.args.extra or null)",
    "ask.plain result._module.check",
    "ask.plain result._module.freeformType",
    "ask.plain result._module.specialArgs",
    "ask.plain result.graph",
    "ask.plain result.class",
    "ask.type result.type",
    "ask.docs options",
    "ask.plain (lib.collect lib.isOption options)",
    "ask.plain (lib.mapAttrsRecursiveCond (v: !lib.isOption v) (path: v: [ path (v ? value) ]) options)",
];

/// Questions about an option: `#` is its path, and `@` the same as a list.
const OPTION: &[&str] = &[
    "ask.plain config.#",
    "ask.plain config.#",
    "ask.plain (config.# or null)",
    "ask.option options.#",
    "ask.tree options.#",
    "ask.plain options.#.value",
    "ask.plain options.#.isDefined",
    "ask.plain options.#.highestPrio",
    "ask.plain options.#.definitions",
    "ask.plain options.#.files",
    "ask.plain options.#.definitionsWithLocations",
    "ask.plain options.#.declarations",
    "ask.plain options.#.declarationPositions",
    "ask.plain options.#.loc",
    "ask.plain options.#.valueMeta",
    "ask.plain \"${options.#}\"",
    "ask.plain (builtins.attrNames options.#)",
    "ask.type options.#.type",
    "ask.plain options.#.type.description",
    "ask.plain (options.#.type.getSubOptions [ ])",
    "ask.plain (lib.attrByPath @ 5 config)",
    "ask.plain (lib.attrByPath (@ ++ [ \"value\" ]) 5 options)",
    "ask.plain (lib.hasAttrByPath @ options)",
    "ask.plain (lib.modules.mergeAttrDefinitionsWithPrio options.#)",
    "ask.plain (lib.mkAliasDefinitions options.#)",
    "ask.plain (lib.modules.mkAliasAndWrapDefsWithPriority lib.id options.#)",
    "ask.option (lib.modules.evalOptionValue [ \"again\" ] options.# options.#.definitionsWithLocations)",
    "ask.plain (options.#.type.merge @ options.#.definitionsWithLocations)",
    "ask.merging (lib.mergeDefinitions @ options.#.type options.#.definitionsWithLocations)",
    "ask.type (options.#.type.typeMerge options.#.type.functor)",
    "ask.type (options.#.type.substSubModules [ { options.substituted = mkOption { default = 1; }; } ])",
    "ask.plain (map (v: options.#.type.check v) [ 1 \"a\" true null [ ] { } ./m0.nix (x: x) ])",
];

/// Other systems that have configuration of this one in them.
const OTHERS: &[&str] = &[
    "ask.plain (result.extendModules { modules = [ # ]; }).config",
    "ask.tree (removeAttrs (result.extendModules { modules = [ # ]; }).options [ \"_module\" ])",
    "ask.plain (result.extendModules { modules = [ # ]; specialArgs.special = 10; prefix = [ \"new\" ]; }).config",
    "ask.plain ((result.extendModules { modules = [ # ]; }).extendModules { modules = [ { _module.args.extra = mkForce 6; } ]; }).config",
    "ask.plain (result._module.args.extendModules { modules = [ # ]; }).config",
    "ask.plain (lib.evalModules { modules = [ { options.sub = mkOption { type = result.type; }; config.sub = #; } ]; }).config",
    "ask.plain (lib.evalModules { modules = [ { options.sub = mkOption { type = types.attrsOf result.type; }; config.sub.x = #; } ]; }).config",
    "ask.plain (lib.evalModules { modules = [ { options.sub = mkOption { type = types.listOf result._module.args.moduleType; }; config.sub = [ # ]; } ]; }).config",
    "ask.tree (lib.evalModules { modules = [ { options.sub = mkOption { type = result.type; }; config.sub = #; } { options.sub.more = mkOption { default = 1; }; } ]; }).options.sub",
    "ask.plain (lib.evalModules { modules = [ { freeformType = result.type; } # ]; }).config",
    "ask.plain (base.evalModules { modules = [ { options.sub = base.mkOption { type = base.types.attrsOf result.type; }; config.sub.x = #; } ]; }).config",
    "ask.plain (base.evalModules { modules = [ { options = removeAttrs options [ \"_module\" ]; } # ]; }).config",
    "ask.plain (result.type.merge [ \"merged\" ] [ { file = \"one\"; value = #; } ])",
    "ask.level (lib.modules.mergeModules [ \"level\" ] [ { _file = \"one\"; inherit options; config = #; } ])",
];

/// Functions of the library, given a definition.
const FUNCTIONS: &[&str] = &[
    "ask.plain (lib.modules.dischargeProperties #)",
    "ask.plain (lib.modules.pushDownProperties #)",
    "ask.plain (lib.modules.filterOverrides' [ { file = \"one\"; value = #; } { file = \"two\"; value = 1; } ])",
    "ask.plain (lib.modules.sortProperties [ { file = \"one\"; value = #; } { file = \"two\"; value = mkOrder 900 1; } ])",
    "ask.plain (lib.modules.unifyModuleSyntax \"file\" \"key\" { a = #; })",
    "ask.plain (lib.modules.unifyModuleSyntax \"file\" \"key\" { config.a = #; freeformType = types.int; meta = 1; })",
    "ask.plain (lib.modules.applyModuleArgsIfFunction \"key\" ({ a ? 1, b, ... }@all: [ a b (builtins.attrNames all) ]) { config._module.args = { a = 2; b = #; }; })",
    "ask.level (lib.modules.mergeModules [ \"level\" ] [ { _file = \"one\"; options = { a = mkOption { type = types.int; }; b.c = mkOption { default = 1; }; }; config = #; } ])",
    "ask.level (lib.modules.mergeModules [ ] [ { _file = \"one\"; options.a = mkOption { type = types.int; }; config = { a = #; b.c = #; d = mkIf true { e = 1; }; }; } ])",
    "ask.level (lib.modules.mergeModules' (throw \"prefix\") [ { _file = \"one\"; options.a = mkOption { type = types.int; }; } ] [ { file = \"two\"; config = { a = #; b = #; }; } ])",
    "ask.plain (lib.setAttrByPath [ \"a\" \"b\" ] #)",
    "ask.plain (builtins.unsafeGetAttrPos \"a\" (lib.setAttrByPath [ \"a\" \"b\" ] #))",
    "ask.plain (lib.attrByPath [ \"a\" \"b\" ] 1 { a.b = #; })",
    "ask.plain (lib.attrByPath [ ] 1 #)",
    "ask.plain (lib.imap1 (i: v: [ i v ]) [ # (throw \"item\") ])",
    "ask.plain (lib.reverseList [ 1 # ])",
    "ask.plain (lib.mergeEqualOption [ \"equal\" ] [ { file = \"one\"; value = #; } { file = \"two\"; value = 1; } ])",
    "ask.plain (lib.mergeOneOption [ \"one\" ] [ { file = \"one\"; value = #; } ])",
    "ask.plain (lib.modules.mergeOptionDecls [ \"both\" ] [ { _file = \"one\"; pos = null; options = mkOption { default = #; }; } { _file = \"two\"; pos = null; options = mkOption { type = types.int; }; } ])",
    "ask.option (lib.modules.evalOptionValue [ \"alone\" ] (mkOption { type = types.int; default = #; } // { declarations = [ \"one\" ]; }) [ { file = \"two\"; value = #; } ])",
];

impl Systems {
    /// A set of questions.
    pub(super) fn questions(&mut self, system: &System) -> Expression {
        self.scopes.push(Scope {
            known: system.options.clone(),
            limit: system.options.len(),
        });
        let count = 1 + self.random.below(5);
        let mut items: Vec<(String, Expression)> = Vec::new();
        for number in 0..count {
            let question = self.question(system);
            items.push((format!("\n  q{number} = "), question));
        }
        if self.percent(60) {
            items.push((
                "\n  whole = ".to_owned(),
                Expression::leaf("ask.plain config"),
            ));
        }
        self.scopes.pop();
        Expression::set("{", items, "\n}")
    }

    fn question(&mut self, system: &System) -> Expression {
        match self.random.below(20) {
            0..=3 => self.text(WHOLE),
            4..=11 => {
                let declared = self.pick(&system.options).clone();
                self.option_question(&declared)
            }
            12..=14 => {
                let template = self.random.pick(OTHERS);
                let given = self.given(&system.inner());
                Expression::new(template, vec![given])
            }
            15..=17 => self.merging_question(),
            _ => self.function_question(&system.options),
        }
    }

    fn option_question(&mut self, declared: &Declared) -> Expression {
        let path = dotted(&declared.path);
        let list = listed(&declared.path);
        let template = self.random.pick(OPTION);
        Expression::leaf(template.replace('#', &path).replace('@', &list))
    }

    /// Configuration for a system, as a module or a set.
    fn given(&mut self, inner: &Inner) -> Expression {
        if self.percent(40) {
            self.configuration(inner, 2, true)
        } else {
            self.submodule_value(inner, 2)
        }
    }

    /// What definitions of some type come to.
    fn merging_question(&mut self) -> Expression {
        let (option_type, shape) = self.option_type(2);
        let mut items = Vec::new();
        for number in 0..self.random.below(4) {
            let definition = self.definition(&shape, 2);
            let template = match self.random.below(30) {
                0 => "{ value = #; }".to_owned(),
                1 => format!("{{ file = \"f{number}\"; value = #; more = 1; }}"),
                2 => "{ file = throw \"file\"; value = #; }".to_owned(),
                _ => format!("{{ file = \"f{number}\"; value = #; }}"),
            };
            items.push(Expression::new(&template, vec![definition]));
        }
        let definitions = super::list(items);
        let template = self.random.pick(&[
            "ask.merging (lib.mergeDefinitions [ \"merged\" ] # #)",
            "ask.merging (lib.mergeDefinitions [ \"merged\" ] # #)",
            "ask.merging (lib.mergeDefinitions (throw \"place\") # #)",
            "ask.plain (lib.mergeDefinitions [ \"merged\" ] # #).mergedValue",
            "ask.plain (lib.mergeDefinitions [ \"merged\" ] # #).defsFinal'.highestPrio",
            "ask.plain ((#).merge [ \"merged\" ] #)",
            "ask.plain (lib.modules.mergeAttrDefinitionsWithPrio { loc = [ \"merged\" ]; type = #; definitionsWithLocations = #; })",
            "ask.option (lib.modules.evalOptionValue [ \"merged\" ] { type = #; declarations = [ \"here\" ]; default = 1; } #)",
        ]);
        Expression::new(template, vec![option_type, definitions])
    }

    fn function_question(&mut self, options: &[Declared]) -> Expression {
        if self.percent(10) {
            let inner = self.system(1, Place::Inside);
            let modules = super::list(inner.modules);
            let template = "ask.plain (lib.evalModules { modules = #; }).config";
            return Expression::new(template, vec![modules]);
        }
        let template = self.random.pick(FUNCTIONS);
        let shape = self.pick(options).shape.clone();
        let count = template.matches('#').count();
        let parts = (0..count)
            .map(|_| {
                let definition = self.definition(&shape, 1);
                Expression::new("(#)", vec![definition])
            })
            .collect();
        Expression::new(template, parts)
    }
}
