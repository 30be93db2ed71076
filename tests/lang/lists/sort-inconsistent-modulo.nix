builtins.sort (a: b: builtins.bitAnd a 3 < builtins.bitAnd b 1) (builtins.genList (n: builtins.bitAnd (n * 7) 31) 32)
