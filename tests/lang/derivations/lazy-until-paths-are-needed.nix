(derivation { name = throw "never"; builder = "/b"; system = "s"; x = 1; }).x
