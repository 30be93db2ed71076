let f = x: x + 1; in f let { body = 1; }
