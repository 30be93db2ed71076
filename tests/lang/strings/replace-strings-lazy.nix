builtins.replaceStrings [ "a" "z" ] [ "b" (throw "never") ] "aaa"
