with { map = 1; true = 2; myown = 3; }; [ (builtins.isFunction map) true myown ]
