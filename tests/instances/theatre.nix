# What theatre promises, tried on a running machine. Written by coop from coop.toml.
{ pkgs }:
import ../../modules/mastodon/test.nix {
  inherit pkgs;
  name = "theatre";
  host = import ../../hosts/web2;
  promises = {
    joins = [ "someone@theatre.example" ];
    applies = [ ];
    refused = [ "someone@stranger.example" ];
    blocked = [ "flood.example" ];
  };
}
