(derivation { name = "p"; builder = "/b"; system = "s"; passAsFile = [ "x" ]; x = "text"; }).drvPath
