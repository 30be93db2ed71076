let f = x: x; in [ f { g = y: y; } ]
