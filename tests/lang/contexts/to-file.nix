builtins.getContext (builtins.toFile "f" "text")
