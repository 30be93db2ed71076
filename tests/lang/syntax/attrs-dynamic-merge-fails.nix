let x = "b"; in { a.${x} = 1; a.b = 2; }
