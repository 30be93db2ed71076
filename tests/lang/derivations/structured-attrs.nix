let d = derivation { name = "sa"; builder = "/b"; system = "s"; __structuredAttrs = true; a = { b = [ 1 2.5 null true "x" ]; }; outputs = [ "out" "dev" ]; }; in [ d.drvPath d.outPath ]
