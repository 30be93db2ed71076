let __lessThan = a: b: [ a b ]; in [ (1 > 2) (1 < 2) ]
