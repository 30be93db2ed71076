[ (builtins.match "(a)(b)?" "a") (builtins.match "ab" "abc") (builtins.match "" "") ]
