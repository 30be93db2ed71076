let f = { a,   b ? 1 }: a; p = builtins.unsafeGetAttrPos; args = builtins.functionArgs f; in [ (p "a" args).column (p "b" args).column ]
