let k = "a"; s = {   ${k} = 1; "b${k}" = 2; }; p = builtins.unsafeGetAttrPos; in [ (p "a" s).column (p "ba" s).column ]
