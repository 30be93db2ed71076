(derivation { name = "m"; builder = "/b"; system = "s"; outputs = [ "drv" ]; }).drvPath
