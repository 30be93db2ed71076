(derivation { name = baseNameOf (builtins.unsafeDiscardStringContext "x") + builtins.substring 0 0 (builtins.toFile "f" ""); builder = "/b"; system = "s"; }).drvPath
