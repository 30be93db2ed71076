map builtins.typeOf (builtins.fromJSON "[1.0, 1e2, -0, -0.0, 0]")
