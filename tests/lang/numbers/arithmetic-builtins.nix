[ (builtins.add 1 2.5) (builtins.sub 1 2) (builtins.mul 2 3) (builtins.div 9 2) (builtins.lessThan 1 2) ]
