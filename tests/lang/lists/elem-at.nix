[ (builtins.elemAt [ 1 2 ] 1) (builtins.head [ 1 ]) (builtins.tail [ 1 2 ]) ]
