[ (builtins.all (x: x) [ ]) (builtins.any (x: x) [ ]) (builtins.all (x: x < 2) [ 1 2 (throw "stops before") ]) (builtins.any (x: x == 1) [ 1 (throw "stops") ]) ]
