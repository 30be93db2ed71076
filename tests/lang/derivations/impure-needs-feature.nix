(derivation { name = "imp"; builder = "/b"; system = "s"; __impure = true; }).drvPath
