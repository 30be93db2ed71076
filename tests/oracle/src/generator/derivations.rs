//! Derivations with all sorts of attributes: outputs, fixed outputs, structured attributes, inputs.

use super::{Generator, Kind};
use crate::expression::Expression;

const FIXED: &[&str] = &[
    "outputHash = \"\"; outputHashAlgo = \"sha256\";",
    "outputHash = \"sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\"; outputHashMode = \"recursive\";",
    "outputHash = \"d41d8cd98f00b204e9800998ecf8427e\"; outputHashAlgo = \"md5\"; outputHashMode = \"flat\";",
    "outputHash = \"0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73\"; outputHashAlgo = \"sha256\";",
];

impl Generator {
    pub(super) fn derivation(&mut self, size: usize) -> Expression {
        use Kind::{Derivation, List, Number, String};
        if size == 0 || self.random.percent(20) {
            let template = "(derivation { name = \"d\"; system = \"s\"; builder = \"/b\"; })";
            return Expression::leaf(template);
        }
        let mut fixed = vec![(" ".to_owned(), Expression::leaf(self.fixed_attributes()))];
        let extra = [
            ("v = #;", Number),
            ("s = #;", String),
            ("l = [ # ];", String),
            ("d = #;", Derivation),
            ("drv = #.drvPath;", Derivation),
            ("args = [ \"-c\" # ];", String),
            ("j = builtins.toJSON #;", List),
            ("n = null; t = true; f = false; e = [ ]; q = #;", Number),
            ("\"odd name\" = #;", String),
            ("p = builtins.placeholder \"out\" + #;", String),
        ];
        for (template, kind) in extra {
            if self.random.percent(20) {
                let part = self.fill(template, &[kind], size);
                fixed.push((" ".to_owned(), part));
            }
        }
        let body = Expression::sequence("{", fixed, " }");
        let template = self.random.pick(&[
            "(derivation #)",
            "(derivation #)",
            "(let d = derivation #; in d // { extra = d.name; })",
            "(builtins.head (derivation #).all)",
        ]);
        Expression::new(template, vec![body])
    }

    /// The attributes that every derivation needs, and those that change its nature.
    fn fixed_attributes(&mut self) -> String {
        let name = self
            .random
            .pick(&["d", "hello-1.0", "a.b+c", "_x", "name?"]);
        let builder = self.random.pick(&["/bin/sh", "builtin:fetchurl", "b\\\"q"]);
        let nature = match self.random.below(8) {
            0 => self.random.pick(FIXED),
            1 => "outputs = [ \"out\" \"dev\" ];",
            2 => "outputs = [ \"lib\" \"out\" \"a\" ];",
            3 => "__structuredAttrs = true; m = { k = [ 1 2.5 null true \"x\" ]; };",
            4 => "__ignoreNulls = true; z = null;",
            _ => "",
        };
        format!("name = \"{name}\"; system = \"s\"; builder = \"{builder}\"; {nature}")
    }
}
