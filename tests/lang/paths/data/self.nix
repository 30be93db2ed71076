{ a = (import ./self.nix).b; b = 7; }
