let
  s = { a = 1; } // { b = 2; }; p = n: builtins.unsafeGetAttrPos n s; in [ (p "a").column (p "b").column ]
