map (n: builtins ? ${n}) [ "getFlake" "fetchTree" "parseFlakeRef" "flakeRefToString" "outputOf" "fetchClosure" "storePath" "exec" "importNative" ]
