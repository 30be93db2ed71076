let f = x: x; in assert [ f ] == [ (y: y) ]; 1
