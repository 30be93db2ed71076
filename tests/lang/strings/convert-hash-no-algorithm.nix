builtins.convertHash { hash = "abcd"; toHashFormat = "sri"; }
