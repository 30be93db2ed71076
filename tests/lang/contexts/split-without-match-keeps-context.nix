builtins.hasContext (builtins.head (builtins.split "=" (builtins.toFile "f" "")))
