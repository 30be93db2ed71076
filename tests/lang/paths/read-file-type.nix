map builtins.readFileType [ ./data ./data/file ./data/link ]
