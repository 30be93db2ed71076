let s = { a.b.c = 1; }; p = builtins.unsafeGetAttrPos; in [ (p "a" s).column (p "b" s.a).column (p "c" s.a.b).column ]
