{ top = derivation { name = "top"; builder = "/b"; system = "s"; }; }
