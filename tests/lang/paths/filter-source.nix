builtins.filterSource (path: type: type != "directory" || baseNameOf path != "sub") ./data/tree
