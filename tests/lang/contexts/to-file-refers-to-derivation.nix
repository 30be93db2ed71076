builtins.toFile "b" "${derivation { name = "d"; builder = "/b"; system = "s"; }}"
