builtins.scopedImport { map = "mine"; x = 2; } ./data/scoped.nix
