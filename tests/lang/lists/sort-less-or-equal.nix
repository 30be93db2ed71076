builtins.sort (a: b: a.k <= b.k) (builtins.genList (n: { k = builtins.bitAnd n 1; v = n; }) 12)
