builtins.filterSource (path: type: builtins.elem [ (baseNameOf path) type ] [ [ "skip" "regular" ] [ "sub" "directory" ] [ "x" "regular" ] ]) ./data/tree
