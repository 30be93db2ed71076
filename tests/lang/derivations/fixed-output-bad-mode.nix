(derivation { name = "f"; builder = "/b"; system = "s"; outputHash = ""; outputHashAlgo = "sha256"; outputHashMode = "odd"; }).drvPath
