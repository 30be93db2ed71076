builtins.foldl' (a: b: 1) 0 [ 1 (throw "element is lazy") ]
