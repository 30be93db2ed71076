# The facts about one host of a generated tree. nixpkgs stays where it is: the flake is called by
# hand, since copying it into the store would take longer than all the rest.
{
  nixpkgs,
  tree,
  host,
}:
let
  flake = (import (nixpkgs + "/flake.nix")).outputs {
    self = flake // {
      outPath = toString nixpkgs;
      lastModifiedDate = "19700101000000";
    };
  };
  fleet = (import (tree + "/flake.nix")).outputs {
    self = fleet;
    nixpkgs = flake;
  };
in
import ./plan.nix fleet.nixosConfigurations.${host}.config
