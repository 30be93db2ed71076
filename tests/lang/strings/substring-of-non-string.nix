[ (builtins.substring 0 3 12345) (builtins.substring 0 1 true) ]
