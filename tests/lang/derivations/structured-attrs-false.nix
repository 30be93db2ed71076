(derivation { name = "sa"; builder = "/b"; system = "s"; __structuredAttrs = false; a = 1; }).drvPath
