builtins.fetchTree { type = "indirect"; id = "x"; }
