builtins.genericClosure { startSet = [ { key = 1; v = "int"; } { key = 1.0; v = "float"; } ]; operator = x: [ ]; }
