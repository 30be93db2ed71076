{ a = [ 0 { b = "second"; } ]; }
