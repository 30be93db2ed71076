builtins.path { path = ./data/file; recursive = false; sha256 = builtins.hashFile "sha256" ./data/file; }
