[ (builtins.path { path = ./data/tree; }) (builtins.path { path = ./data/tree; name = "other"; }) (builtins.path { path = ./data/file; recursive = false; }) ]
