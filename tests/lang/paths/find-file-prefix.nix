builtins.findFile [ { prefix = "p"; path = toString ./data; } ] "p/file" == ./data/file
