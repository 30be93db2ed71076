builtins.unsafeGetAttrPos "a" (builtins.groupBy (x: x) [ "a" ])
