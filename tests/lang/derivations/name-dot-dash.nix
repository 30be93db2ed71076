(derivation { name = ".-a"; builder = "/b"; system = "s"; }).drvPath
