builtins.toJSON { b = 1; a = [ true null 1.0 "\n" ]; c = { __toString = self: "s"; }; d = { outPath = "o"; }; }
