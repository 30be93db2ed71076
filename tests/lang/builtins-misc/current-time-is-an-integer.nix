[ (builtins.isInt builtins.currentTime) (builtins.isString builtins.currentSystem) ]
