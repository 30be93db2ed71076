let __mul = a: b: "mul"; in 2 * 3
