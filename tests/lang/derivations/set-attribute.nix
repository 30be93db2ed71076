(derivation { name = "a"; builder = "/b"; system = "s"; f = { }; }).drvPath
