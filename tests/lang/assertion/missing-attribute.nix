assert { a = 1; c = 1; } == { b = 1; c = 1; }; 1
