[ (<p/file> == ./data/file) (builtins.length builtins.nixPath) ]
