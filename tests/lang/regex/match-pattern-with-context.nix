builtins.match (builtins.toFile "f" "") "a"
