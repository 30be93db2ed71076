with { __sub = a: b: "with"; }; 3 - 1
