let a = 10; in rec { b = a; a = 1; }
