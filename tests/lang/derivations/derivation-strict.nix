builtins.derivationStrict { name = "s"; builder = "/b"; system = "s"; outputs = [ "out" "dev" ]; }
