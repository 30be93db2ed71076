let __div = a: b: "div"; in 6 / 3
