builtins.path { path = ./data/file; foo = 1; }
