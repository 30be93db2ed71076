builtins.stringLength ./a
