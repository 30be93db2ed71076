builtins.readFile ./data/file
