[ (builtins.genList (x: x * x) 4) (builtins.genList (x: throw "never") 0) (builtins.length (builtins.genList (x: throw "never") 3)) ]
