let f = x: x; a = { inherit f; }; b = { inherit f; }; in a == b
