[ (builtins.split "x*" "ab") (builtins.split "(b*)" "abbc") (builtins.split "^" "ab") (builtins.split "$" "ab") ]
