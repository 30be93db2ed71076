let f = builtins.toFile "f" ""; d = derivation { name = "d"; builder = "/b"; system = "s"; }; in builtins.getContext (builtins.appendContext "x" (builtins.getContext "${f}${d}${d.drvPath}"))
