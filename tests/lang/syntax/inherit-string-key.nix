let set = { "a" = 1; b = 2; }; in { inherit (set) "a" b; }
