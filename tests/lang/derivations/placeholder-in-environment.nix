(derivation { name = "p"; builder = "/b"; system = "s"; x = builtins.placeholder "out"; }).drvPath
