let s = rec { a = 1; __overrides = {  a = 2; }; }; in (builtins.unsafeGetAttrPos "a" s).column
