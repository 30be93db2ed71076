[ (builtins.functionArgs ({ b, a ? 1, ... }: 1)) (builtins.functionArgs (x: 1)) (builtins.functionArgs ({ }: 1)) ]
