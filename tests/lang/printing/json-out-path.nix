{ a = { outPath = "o"; b = 1; }; c = { __toString = _: "ts"; outPath = "op"; }; }
