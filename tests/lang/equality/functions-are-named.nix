builtins.map < builtins.elemAt [ 1 ]
