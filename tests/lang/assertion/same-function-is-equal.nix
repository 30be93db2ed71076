let f = x: x; in assert { g = f; } == { g = f; }; 1
