let a = derivation { name = "a"; builder = "/b"; system = "s"; outputs = [ "out" "dev" "doc" ]; }; in (derivation { name = "b"; builder = "/b"; system = "s"; x = [ a.dev a.out ]; }).drvPath
