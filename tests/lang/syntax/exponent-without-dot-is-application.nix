let e3 = "applied"; in 1e3
