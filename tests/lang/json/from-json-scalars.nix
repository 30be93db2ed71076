map builtins.fromJSON [ "1" " \"x\" " "null" "true" "[]" "-0.5" ]
