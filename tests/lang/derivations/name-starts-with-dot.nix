map (n: (derivation { name = n; builder = "/b"; system = "s"; }).drvPath) [ ".a" "..a" "a." ]
