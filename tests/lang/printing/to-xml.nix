builtins.toXML { a = 1; b = [ "x" 1.5 ]; f = { y, x ? 1 }: 1; g = map; }
