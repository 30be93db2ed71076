let x = throw "once"; in [ (builtins.tryEval x) (builtins.tryEval x) ]
