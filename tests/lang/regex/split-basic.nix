[ (builtins.split "(a)b" "abc") (builtins.split "x" "abc") (builtins.split "" "ab") (builtins.split "(a)|(c)" "abc") ]
