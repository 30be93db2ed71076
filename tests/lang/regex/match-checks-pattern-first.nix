builtins.match "[" (throw "not reached")
