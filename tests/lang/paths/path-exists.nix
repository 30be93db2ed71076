map builtins.pathExists [ ./data ./data/file ./data/none ./data/file/. ./data/file/x "/" ]
