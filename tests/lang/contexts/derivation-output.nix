let d = derivation { name = "d"; builder = "/b"; system = "s"; outputs = [ "out" "dev" ]; }; in map builtins.getContext [ d.outPath d.dev.outPath d.drvPath "${d}${d.dev}" ]
