let a = 1; inherit (a) z; in with a; if a then assert a; 1 else a.b.c or 2
