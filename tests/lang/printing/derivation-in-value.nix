{ d = derivation { name = "d"; builder = "/b"; system = "s"; }; }
