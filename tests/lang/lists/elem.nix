[ (builtins.elem 1 [ 2 1.0 ]) (builtins.elem { a = 1; } [ { a = 1; } ]) (builtins.elem (x: x) [ (x: x) ]) ]
