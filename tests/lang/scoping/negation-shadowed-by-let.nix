let __sub = a: b: a; in -(5)
