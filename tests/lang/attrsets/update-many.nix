builtins.foldl' (acc: n: acc // { "k${toString n}" = n; }) { } (builtins.genList (n: n) 40) == builtins.listToAttrs (builtins.genList (n: { name = "k${toString n}"; value = n; }) 40)
