(builtins.unsafeGetAttrPos "a b" {   "a b" = 1; }).column
