let f = builtins.toFile "f" ""; in f == builtins.unsafeDiscardStringContext f
