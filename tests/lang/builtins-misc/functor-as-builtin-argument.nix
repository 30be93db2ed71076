[ (map { __functor = _: x: x + 1; } [ 1 ]) (builtins.sort { __functor = _: a: b: a > b; } [ 1 2 ]) ]
