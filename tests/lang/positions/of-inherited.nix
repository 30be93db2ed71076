let a = 1; s = { inherit   a; inherit ({ b = 1; })   b; }; in map (n: (builtins.unsafeGetAttrPos n s).column) [ "a" "b" ]
