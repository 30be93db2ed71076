builtins.listToAttrs [ { name = "b"; value = 1; } { name = "a"; value = 2; extra = 0; } { name = "b"; value = 3; } ]
