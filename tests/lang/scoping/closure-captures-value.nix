let f = x: y: x; in map (f 1) [ 2 3 ]
