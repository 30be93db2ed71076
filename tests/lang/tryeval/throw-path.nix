[ (builtins.tryEval (throw ./throw-path.nix)).success (builtins.tryEval (throw ./missing)) ]
