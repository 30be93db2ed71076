let s = { a.b = 1;   a.c = 2; }; p = builtins.unsafeGetAttrPos; in [ (p "a" s).column (p "b" s.a).column (p "c" s.a).column ]
