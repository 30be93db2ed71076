let x = { a = throw "forced"; }; in x == x
