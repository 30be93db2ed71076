[ ({ a = 1; }.a.b or 2) ({ }.a.b.c or 3) ({ a.b = 4; }.a.b or 5) ]
