let a = 5; in rec { inherit a; b = a; __overrides = { a = 6; }; }
