builtins.fetchurl { url = "file:///x"; foo = 1; }
