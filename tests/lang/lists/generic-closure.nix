builtins.genericClosure { startSet = [ { key = 1; } ]; operator = { key, ... }: if key < 5 then [ { key = key + 1; } { key = key * 2; } ] else [ ]; }
