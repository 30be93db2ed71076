# What allotments promises, tried on a running machine. Written by coop from coop.toml.
{ pkgs }:
import ../../modules/mastodon/test.nix {
  inherit pkgs;
  name = "allotments";
  host = import ../../hosts/web2;
  promises = {
    joins = [ "someone@allotments.example" ];
    applies = [ "someone@stranger.example" ];
    refused = [ ];
    blocked = [ "flood.example" ];
  };
}
