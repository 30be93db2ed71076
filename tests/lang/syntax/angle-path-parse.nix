builtins.typeOf (x: <a/b>)
