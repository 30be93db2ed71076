# What union promises, tried on a running machine. Written by coop from coop.toml.
{ pkgs }:
import ../../modules/mastodon/test.nix {
  inherit pkgs;
  name = "union";
  host = import ../../hosts/web2;
  promises = {
    joins = [ ];
    applies = [ "someone@north.union.example" ];
    refused = [ "someone@stranger.example" ];
    blocked = [ "flood.example" ];
  };
}
