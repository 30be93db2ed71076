(derivation { name = "f"; builder = "/b"; system = "s"; outputHash = "abc"; outputHashAlgo = "sha256"; }).drvPath
