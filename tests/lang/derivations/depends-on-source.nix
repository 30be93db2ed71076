(derivation { name = "b"; builder = ./data/builder.sh; system = "s"; src = ./data/tree; file = builtins.toFile "t" "x"; }).drvPath
