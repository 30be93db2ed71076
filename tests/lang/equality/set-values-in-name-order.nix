{ b = throw "never"; a = 1; } == { b = throw "never"; a = 2; }
