let s = { b = 1; a = 2; B = 3; "é" = 4; "10" = 5; "9" = 6; }; in [ (builtins.attrNames s) (builtins.attrValues s) ]
