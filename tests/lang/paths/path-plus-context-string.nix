/a + builtins.toFile "f" ""
