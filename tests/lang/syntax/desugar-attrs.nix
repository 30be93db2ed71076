a: { inherit a; inherit (a) b c; d.e = 1; d.f = 2; ${a} = 3; "x y" = 4; g = rec { h = 1; }; }
