(derivation { name = "m"; builder = "/b"; system = "s"; outputs = [ "out" "out" ]; }).drvPath
