let x = 1 + 1; y = builtins.seq x x; in [ x y (builtins.head [ 3 ]) ]
