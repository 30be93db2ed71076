let x = { inherit x; y = 1; }; in builtins.deepSeq x x.y
