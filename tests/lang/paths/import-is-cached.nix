let a = import ./data/function.nix; in { x = a; } == { x = import ./data/function.nix; }
