let f = builtins.toFile "f" ""; in [ (builtins.hasContext (builtins.unsafeDiscardStringContext f)) (builtins.unsafeDiscardStringContext f == f) ]
