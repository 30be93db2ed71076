let a = "outer"; in rec { ${"a"} = "static"; b = a; }
