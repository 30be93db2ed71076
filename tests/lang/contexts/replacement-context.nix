let f = builtins.toFile "f" ""; in map builtins.hasContext [ (builtins.replaceStrings [ "a" ] [ f ] "b") (builtins.replaceStrings [ "a" ] [ f ] "a") ]
