let __lessThan = a: b: false; in [ (1 <= 2) (1 >= 2) (1 > 2) (1 < 2) ]
