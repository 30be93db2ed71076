builtins.attrNames (derivation { name = "a"; builder = "/b"; system = "s"; x = 1; })
