[ (builtins.seq { a = throw "shallow"; } 1) (builtins.tryEval (builtins.seq (throw "x") 1)).success ]
