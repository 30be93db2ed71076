map builtins.hasContext [ (builtins.toJSON { a = builtins.toFile "f" ""; }) (builtins.toXML (builtins.toFile "f" "")) ]
