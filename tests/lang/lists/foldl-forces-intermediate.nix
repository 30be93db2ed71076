builtins.foldl' (a: b: if b == 1 then throw "forced" else 2) 0 [ 1 2 ]
