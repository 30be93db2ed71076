(import ./data/self.nix).a
