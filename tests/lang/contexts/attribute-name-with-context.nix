{ ${builtins.toFile "f" ""} = 1; } ? "x"
