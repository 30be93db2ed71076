map builtins.parseFlakeRef [ "github:a/b" "github:a/b/ref?dir=c" "path:/x" "nixpkgs" "git+https://h/x.git?rev=0123456789012345678901234567890123456789" ]
