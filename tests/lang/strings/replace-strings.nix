[ (builtins.replaceStrings [ "a" "b" ] [ "b" "a" ] "abab") (builtins.replaceStrings [ "oo" "a" ] [ "a" "i" ] "foobar") ]
