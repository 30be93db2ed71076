let s = builtins.listToAttrs [ { name = "x";  value = 1; } ]; in (builtins.unsafeGetAttrPos "x" s).column
