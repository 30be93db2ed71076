(derivation { name = "ca"; builder = "/b"; system = "s"; __contentAddressed = true; outputHashAlgo = "sha256"; outputHashMode = "recursive"; }).drvPath
