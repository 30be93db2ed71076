builtins.path { path = ./data/file; name = "a b"; }
