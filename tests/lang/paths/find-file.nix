builtins.findFile [ { prefix = ""; path = toString ./.; } ] "data/file" == ./data/file
