builtins.unsafeGetAttrPos "a" (builtins.scopedImport { } ./data/attrs.nix) == null
