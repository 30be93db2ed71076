let order = { b = 1; a = 1; }; in assert { a = 1; } == { b = 1; }; order
