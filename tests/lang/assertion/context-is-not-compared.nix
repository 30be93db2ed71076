assert "${derivation { name = "a"; builder = "b"; system = "c"; }}" == "a"; 1
