[ ./x ../x <nix/fetchurl.nix> x/y ]
