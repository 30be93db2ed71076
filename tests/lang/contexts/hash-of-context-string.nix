builtins.hashString "md5" (builtins.toFile "f" "")
