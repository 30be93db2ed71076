[
  (builtins.unsafeGetAttrPos "a" { a = 1; }).line  (builtins.unsafeGetAttrPos "a" { a = 1; }).line ]
