{ __toString = _: "a"; } + { outPath = "b"; }
