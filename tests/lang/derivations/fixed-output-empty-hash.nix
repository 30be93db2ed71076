(derivation { name = "fixed"; builder = "/b"; system = "s"; outputHash = ""; outputHashAlgo = "sha256"; }).outPath
