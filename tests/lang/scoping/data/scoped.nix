[ map x (builtins.typeOf builtins) ]
