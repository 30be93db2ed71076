let l = [ (throw "forced") ]; in l == l
