map builtins.pathExists [ (toString ./data/file + "/") (toString ./data + "/") (toString ./data/file + "/.") ]
