(derivation { name = "m"; builder = "/b"; system = "s"; outputs = [ "lib" "out" ]; }).outPath
