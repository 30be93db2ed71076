let value = 1; s = builtins.listToAttrs [ { name = "x"; inherit value; } ]; in (builtins.unsafeGetAttrPos "x" s).column
