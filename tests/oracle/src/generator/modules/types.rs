//! Types of options, with the shapes of their values.

use std::rc::Rc;

use super::Systems;
use super::shapes::Shape;
use crate::expression::Expression;

const PLAIN: &[(&str, Shape)] = &[
    ("types.int", Shape::Integer),
    ("types.int", Shape::Integer),
    ("types.int", Shape::Integer),
    ("types.str", Shape::String),
    ("types.str", Shape::String),
    ("types.str", Shape::String),
    ("types.bool", Shape::Boolean),
    ("types.bool", Shape::Boolean),
    ("types.bool", Shape::Boolean),
    ("types.boolByOr", Shape::Boolean),
    ("types.float", Shape::Float),
    ("types.number", Shape::Integer),
    ("types.path", Shape::Path),
    ("types.externalPath", Shape::Path),
    ("(types.pathWith { absolute = true; })", Shape::Path),
    ("types.package", Shape::Package),
    ("types.shellPackage", Shape::Package),
    ("(types.ints.between 0 50)", Shape::Integer),
    ("types.ints.positive", Shape::Integer),
    ("types.ints.unsigned", Shape::Integer),
    ("types.ints.u8", Shape::Integer),
    ("types.port", Shape::Integer),
    ("(types.numbers.between 0 5)", Shape::Float),
    ("types.nonEmptyStr", Shape::String),
    ("types.singleLineStr", Shape::String),
    ("(types.strMatching \"[a-c]*\")", Shape::String),
    ("(types.passwdEntry types.str)", Shape::String),
    ("types.lines", Shape::String),
    ("types.lines", Shape::String),
    ("types.commas", Shape::String),
    ("types.envVar", Shape::String),
    ("(types.separatedString \"-\")", Shape::String),
    (
        "(types.enum [ \"a\" \"b\" 1 true ])",
        Shape::Fixed(&["\"a\"", "\"a\"", "\"b\"", "1", "true"]),
    ),
    ("(types.enum [ \"a\" ])", Shape::Fixed(&["\"a\""])),
    ("(types.enum [ ])", Shape::Fixed(&["\"a\""])),
    ("types.raw", Shape::Anything),
    ("types.anything", Shape::Anything),
    ("types.anything", Shape::Anything),
    ("types.unspecified", Shape::Anything),
    ("types.attrs", Shape::Fixed(SETS)),
    ("types.optionType", Shape::Type),
    ("types.deferredModule", Shape::Module),
    ("types.json", Shape::Fixed(SETS)),
    ("types.toml", Shape::Integer),
    (
        "types.luaInline",
        Shape::Fixed(&["(lib.mkLuaInline \"x\")"]),
    ),
    (
        "types.optionDeclaration",
        Shape::Fixed(&["(mkOption { default = 1; })"]),
    ),
    (
        "types.pkgs",
        Shape::Fixed(&["{ _type = \"pkgs\"; a = 1; }"]),
    ),
];

const SETS: &[&str] = &[
    "{ }",
    "{ a = 1; }",
    "{ a = 2; b = \"x\"; }",
    "{ a = mkIf true 1; }",
    "{ b = [ 1 ]; }",
];

/// Types that put something around another one.
const AROUND: &[&str] = &[
    "(types.addCheck # (v: true))",
    "(types.addCheck # (v: v != 2))",
    "(types.addCheck # (v: throw \"check\"))",
    "(# // { check = v: true; })",
    "(# // { check = v: throw \"check\"; })",
    "(# // { check = throw \"check\"; })",
    "(# // { merge = throw \"merge\"; })",
    "(# // { merge = loc: defs: map (d: d.value) defs; })",
    "(# // { emptyValue = { value = 7; }; })",
    "(# // { emptyValue = { }; })",
    "(# // { emptyValue = throw \"empty\"; })",
    "(# // { description = \"described\"; })",
    "(# // { description = throw \"described\"; })",
    "(# // { name = \"named\"; })",
    "(# // { deprecationMessage = \"old\"; })",
    "(# // { getSubModules = null; })",
    "(# // { substSubModules = m: types.int; })",
    "(# // { typeMerge = f: null; })",
    "(removeAttrs # [ \"getSubModules\" ])",
    "(types.loaOf #)",
    "(let type = #; in type)",
    "(types.mergeTypes # types.int)",
];

/// Functions that merge definitions.
const MERGES: &[&str] = &[
    "(loc: defs: builtins.length defs)",
    "(loc: defs: map (d: d.value) defs)",
    "(loc: defs: { inherit loc; files = map (d: d.file) defs; })",
    "(loc: defs: map builtins.attrNames defs)",
    "(loc: defs: map (d: map (n: builtins.unsafeGetAttrPos n d) [ \"file\" \"value\" ]) defs)",
    "(loc: defs: 1)",
    "(loc: defs: throw \"merge\")",
    "(loc: lib.foldl' (a: d: a) null)",
    "lib.mergeOneOption",
    "lib.mergeEqualOption",
    "lib.options.mergeDefaultOption",
    "(lib.mergeUniqueOption { message = \"message\"; })",
    "{ __functor = self: loc: defs: map (d: d.value) defs; }",
];

/// Functions that check and merge at once.
const CHECKED_MERGES: &[&str] = &[
    "{ headError = null; value = map (d: d.value) defs; valueMeta = { own = loc; }; }",
    "{ headError = null; value = builtins.length defs; valueMeta = { }; }",
    "{ headError = null; value = loc; }",
    "{ headError = { message = \"wrong\"; }; value = 1; valueMeta = { }; }",
    "{ headError = if defs == [ ] then null else { message = \"some\"; }; value = 1; valueMeta = { }; }",
    "{ headError = null; value = throw \"value\"; valueMeta = { a = 1; }; }",
    "{ headError = null; value = 1; valueMeta = throw \"meta\"; }",
    "{ headError = throw \"error\"; value = 1; valueMeta = { }; }",
    "(throw \"merge\")",
];

const CHECKS: &[&str] = &[
    "(v: true)",
    "builtins.isInt",
    "(v: builtins.isString v || builtins.isInt v)",
    "(v: v != 1)",
    "{ __functor = self: v: true; }",
];

/// Types of options, some of them none.
const ODD: &[&str] = &[
    "null",
    "(throw \"type\")",
    "{ }",
    "(types.oneOf [ ])",
    "(lib.mkOptionType { name = \"bare\"; })",
    "(types.attrsOf (throw \"element\"))",
    "(types.listOf (throw \"element\"))",
    "(types.nullOr (types.listOf null))",
];

/// A type that has itself in it.
const RECURSIVE: &str = "(let node = types.submodule { options.label = mkOption { type = types.str; default = \"n\"; }; options.next = mkOption { type = types.nullOr node; default = null; }; }; in node)";

const NODES: &[&str] = &[
    "{ label = \"x\"; }",
    "{ next = { label = \"y\"; }; }",
    "{ next = { next = mkIf true { }; }; }",
    "{ next = mkDefault null; }",
    "{ }",
];

impl Systems {
    /// A type, and what values it takes. `depth` bounds the types in it.
    pub(super) fn option_type(&mut self, depth: usize) -> (Expression, Shape) {
        if self.random.below(70) == 0 {
            return (self.text(ODD), Shape::Integer);
        }
        if depth == 0 || self.percent(38) {
            let (text, shape) = self.pick(PLAIN);
            return (Expression::leaf(*text), shape.clone());
        }
        match self.random.below(24) {
            0..=5 => self.submodule_type(depth - 1),
            6..=7 => self.compound("(types.listOf #)", depth, Shape::List),
            8..=10 => self.compound("(types.attrsOf #)", depth, Shape::Attributes),
            11..=12 => self.compound("(types.lazyAttrsOf #)", depth, Shape::Attributes),
            13 => self.compound("(types.functionTo #)", depth, Shape::Function),
            14 => {
                let null = Rc::new(Shape::Fixed(&["null"]));
                self.compound("(types.nullOr #)", depth, |shape| {
                    Shape::Either(null, shape)
                })
            }
            15 => self.other_compound(depth),
            16..=17 => self.either(depth),
            18 => self.tagged(depth),
            19..=20 => {
                let (inner, shape) = self.option_type(depth - 1);
                let template = self.random.pick(AROUND);
                (Expression::new(template, vec![inner]), shape)
            }
            21 => self.own_type(),
            22 => {
                let text = self.random.pick(&[RECURSIVE, "(types.nullOr types.str)"]);
                let values = if text == RECURSIVE {
                    NODES
                } else {
                    &["null", "\"a\""]
                };
                (Expression::leaf(text), Shape::Fixed(values))
            }
            _ => self.unique(depth),
        }
    }

    fn compound(
        &mut self,
        template: &str,
        depth: usize,
        shape: impl FnOnce(Rc<Shape>) -> Shape,
    ) -> (Expression, Shape) {
        let (inner, inner_shape) = self.option_type(depth - 1);
        let whole = Expression::new(template, vec![inner]);
        (whole, shape(Rc::new(inner_shape)))
    }

    fn other_compound(&mut self, depth: usize) -> (Expression, Shape) {
        match self.random.below(7) {
            0 => self.compound("(types.nonEmptyListOf #)", depth, Shape::List),
            1 => self.compound("(types.attrListOf #)", depth, Shape::Pairs),
            2 => {
                let template = "(types.attrListWith { elemType = #; asAttrs = true; })";
                self.compound(template, depth, Shape::Pairs)
            }
            3 => {
                let template = "(types.attrsWith { elemType = #; placeholder = \"key\"; })";
                self.compound(template, depth, Shape::Attributes)
            }
            4 => {
                let template = "(types.attrsWith { elemType = #; lazy = true; })";
                self.compound(template, depth, Shape::Attributes)
            }
            5 => {
                let template = "(types.attrsWith { elemType = #; lazy = throw \"lazy\"; })";
                self.compound(template, depth, Shape::Attributes)
            }
            _ => self.compound("(types.listOf (types.attrsOf #))", depth, |shape| {
                Shape::List(Rc::new(Shape::Attributes(shape)))
            }),
        }
    }

    fn either(&mut self, depth: usize) -> (Expression, Shape) {
        let (left, left_shape) = self.option_type(depth - 1);
        let (right, right_shape) = self.option_type(depth - 1);
        let template = self.random.pick(&[
            "(types.either # #)",
            "(types.oneOf [ # # types.bool ])",
            "(types.coercedTo # toString #)",
            "(types.coercedTo # (v: [ v ]) #)",
            "(types.coercedTo # (v: v) #)",
        ]);
        let shape = Shape::Either(Rc::new(left_shape), Rc::new(right_shape));
        (Expression::new(template, vec![left, right]), shape)
    }

    fn tagged(&mut self, depth: usize) -> (Expression, Shape) {
        let mut items = Vec::new();
        let mut tags = Vec::new();
        for tag in &["left", "right", "both"][..=self.random.below(3)] {
            let (inner, shape) = self.option_type(depth - 1);
            let option = self.option(Some(inner), &shape, depth - 1);
            items.push((format!(" {tag} = "), option));
            tags.push((*tag, shape));
        }
        if self.random.below(30) == 0 {
            items.push((" bare = ".to_owned(), Expression::leaf("types.int")));
        }
        let whole = Expression::set("(types.attrTag {", items, " })");
        (whole, Shape::Tagged(Rc::new(tags)))
    }

    fn unique(&mut self, depth: usize) -> (Expression, Shape) {
        let (inner, shape) = self.option_type(depth - 1);
        let template = self
            .random
            .pick(&["(types.uniq #)", "(types.unique { message = \"one\"; } #)"]);
        (Expression::new(template, vec![inner]), shape)
    }

    fn own_type(&mut self) -> (Expression, Shape) {
        let check = self.text(CHECKS);
        if self.percent(60) {
            let merge = self.text(MERGES);
            let template = "(lib.mkOptionType { name = \"own\"; check = #; merge = #; })";
            return (
                Expression::new(template, vec![check, merge]),
                Shape::Integer,
            );
        }
        let check = if self.percent(80) {
            Expression::leaf("{ __functor = self: v: true; isV2MergeCoherent = true; }")
        } else {
            check
        };
        let merge = self.text(CHECKED_MERGES);
        let template = "(lib.mkOptionType { name = \"own\"; check = #; merge = { __functor = self: loc: defs: (self.v2 { inherit loc defs; }).value; v2 = { loc, defs }: #; }; })";
        (
            Expression::new(template, vec![check, merge]),
            Shape::Integer,
        )
    }
}
