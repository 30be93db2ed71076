let p = (builtins.unsafeGetAttrPos "a" {
a = 1; }); in [ p.line p.column ]
