{ a.b = 1; }.c or { a = 2; }.a or 3
