let x = builtins.toFile "f" ""; in /a/${x}
