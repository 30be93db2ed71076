let d = derivation { name = "d"; builder = "/b"; system = "s"; }; in { a = d; b = d; }
