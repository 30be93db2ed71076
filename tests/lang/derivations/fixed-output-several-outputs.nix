(derivation { name = "f"; builder = "/b"; system = "s"; outputHash = ""; outputHashAlgo = "sha256"; outputs = [ "out" "dev" ]; }).drvPath
