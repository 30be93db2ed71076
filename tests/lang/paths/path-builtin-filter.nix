builtins.path { path = ./data/tree; name = "t"; filter = path: type: baseNameOf path != "skip"; }
