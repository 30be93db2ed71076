//! Strings and paths: contexts, coercion, interpolation, indentation, regular expressions, printing.

use super::{Generator, Kind};
use crate::expression::Expression;

const STRINGS: &[&str] = &[
    r#""""#,
    r#""a""#,
    r#""abc""#,
    r#""foo-1.2.3pre4""#,
    r#""a\nb\tc""#,
    r#""$""#,
    r#""$${x}""#,
    r#""\${a}""#,
    r#""é\\\"""#,
    r#""/nix/store/x""#,
    r#""a/b/../c/""#,
    r#""  indent""#,
    "''''",
    "''\n  one\n    two\n''",
    "'' a ''$ ''' ''\\n $$ ''",
    "''\n\ta\n  b''",
    r#""1.0""#,
    r#""Z9""#,
    "x:y",
    r#""<&>'""#,
    r#""1-2""#,
    r#""name""#,
    r#""a b""#,
    r#""out""#,
    "(builtins.placeholder \"out\")",
    "(builtins.toFile \"f\" \"text\")",
];

const PATTERNS: &[&str] = &[
    r#""a""#,
    r#""(a|ab)(c|bcd)?""#,
    r#""[a-c]+""#,
    r#""(.)(.)""#,
    r#""(.*)\\.(.*)""#,
    r#""x*""#,
    r#""([[:digit:]]+)|([[:alpha:]])""#,
    r#""""#,
    r#""(a*)*b?""#,
    r#""[^/]*/?""#,
    r#""^.|.$""#,
    r#""(.*)-([0-9].*)""#,
    r#""[[:space:]]*(.*[^[:space:]])?""#,
    r#""(a?){2}""#,
    r#""-""#,
];

impl Generator {
    pub(super) fn string(&mut self, size: usize) -> Expression {
        use Kind::{Attributes, Boolean, Derivation, List, Number, Path, String};
        if size == 0 || self.random.percent(25) {
            return Expression::leaf(self.random.pick(STRINGS));
        }
        if self.random.percent(12) {
            return self.printed(size);
        }
        if self.random.percent(8) {
            return self.matched(size);
        }
        self.choose(
            &[
                ("(# + #)", &[String, String]),
                ("\"${#}-${#}\"", &[String, String]),
                ("''\n    x ${#}\n      y\n  ''", &[String]),
                ("\"${#}\"", &[Derivation]),
                ("(toString #)", &[Number]),
                ("(toString #)", &[List]),
                ("(toString #)", &[Boolean]),
                ("(toString #)", &[Path]),
                (
                    "\"${{ __toString = self: self.v; v = #; outPath = 1; }}\"",
                    &[String],
                ),
                ("(toString { outPath = #; })", &[String]),
                ("(builtins.substring # # #)", &[Number, Number, String]),
                ("(builtins.substring 1 2 #)", &[String]),
                (
                    "(builtins.replaceStrings [ \"a\" \"\" ] [ # # ] #)",
                    &[String, String, String],
                ),
                (
                    "(builtins.replaceStrings [ # \"b\" ] [ \"<\" \">\" ] #)",
                    &[String, String],
                ),
                (
                    "(builtins.concatStringsSep # [ # # ])",
                    &[String, String, String],
                ),
                (
                    "(builtins.concatStringsSep \",\" (map (x: builtins.toJSON x) #))",
                    &[List],
                ),
                ("(builtins.hashString \"sha256\" #)", &[String]),
                ("(builtins.hashString \"md5\" #)", &[String]),
                ("(baseNameOf #)", &[String]),
                ("(dirOf #)", &[String]),
                ("(builtins.unsafeDiscardStringContext #)", &[String]),
                (
                    "(builtins.unsafeDiscardOutputDependency #.drvPath)",
                    &[Derivation],
                ),
                (
                    "(builtins.unsafeDiscardStringContext #.drvPath)",
                    &[Derivation],
                ),
                (
                    "(builtins.toFile \"t\" (builtins.unsafeDiscardStringContext #))",
                    &[String],
                ),
                (
                    "(builtins.appendContext # (builtins.getContext #))",
                    &[String, String],
                ),
                ("(builtins.toJSON (builtins.getContext #))", &[String]),
                ("(builtins.typeOf #)", &[Attributes]),
                (
                    "(builtins.head (builtins.attrNames (# // { z = 1; })))",
                    &[Attributes],
                ),
                (
                    "(builtins.concatStringsSep \"|\" (builtins.splitVersion #))",
                    &[String],
                ),
                ("(builtins.parseDrvName #).version", &[String]),
                ("#.outPath", &[Derivation]),
                ("#.name", &[Derivation]),
                ("(builtins.elemAt [ # # ] 1)", &[String, String]),
            ],
            size,
        )
    }

    /// A value of any kind, printed.
    fn printed(&mut self, size: usize) -> Expression {
        let value = self.any(size - 1);
        let template =
            self.random
                .pick(&["(builtins.toJSON #)", "(builtins.toXML #)", "(toString #)"]);
        Expression::new(template, vec![value])
    }

    fn matched(&mut self, size: usize) -> Expression {
        let pattern = Expression::leaf(self.random.pick(PATTERNS));
        let text = self.expression(Kind::String, size - 1);
        let template = self.random.pick(&[
            "(builtins.toJSON (builtins.match # #))",
            "(builtins.toJSON (builtins.split # #))",
        ]);
        Expression::new(template, vec![pattern, text])
    }

    pub(super) fn path(&mut self, size: usize) -> Expression {
        use Kind::{Path, String};
        const PATHS: &[&str] = &[
            "/a/b",
            "/a/../c",
            "/.",
            "./x",
            "../y",
            "/a/b.c/d-e_f",
            "./.",
        ];
        if size == 0 || self.random.percent(50) {
            return Expression::leaf(self.random.pick(PATHS));
        }
        self.choose(
            &[
                ("(# + \"/z/../w\")", &[Path]),
                ("(# + #)", &[Path, Path]),
                ("(/p + builtins.unsafeDiscardStringContext #)", &[String]),
                ("(dirOf #)", &[Path]),
                ("/q/${baseNameOf #}/r", &[Path]),
            ],
            size,
        )
    }
}
