builtins.fromTOML "a = \"\\u00e9\\t\"\nb = \"\"\"\nline1\nline2\"\"\"\nc = '''\nraw\\n'''"
