builtins.tryEval (builtins.readFile ./no-such-file)
