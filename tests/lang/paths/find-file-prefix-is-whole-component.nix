builtins.tryEval (builtins.findFile [ { prefix = "p"; path = toString ./data; } ] "pp")
