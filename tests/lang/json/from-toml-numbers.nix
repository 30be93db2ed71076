builtins.fromTOML "a = 0xff\nb = 1_000\nc = 0b11\nd = 1e3\ne = -0.0\nf = 0o17"
