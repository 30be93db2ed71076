(builtins.unsafeGetAttrPos "x" (builtins.head (builtins.catAttrs "a" [ { a = {   x = 1; }; } ]))).column
