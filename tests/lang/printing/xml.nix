{ a = [ 1 2.5 null true "x<&>\"'\n" { } [ ] ]; "b c" = x: x; f = { a, b ? 1, ... }@args: a; g = { ... }: 1; p = /x; }
