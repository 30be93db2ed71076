let add = builtins.add 1; in [ (add 2) (map (builtins.substring 0 1) [ "ab" "cd" ]) (builtins.typeOf add) ]
