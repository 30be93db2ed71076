# What mastodon-dev promises, tried on a running machine. Written by coop from coop.toml.
{ pkgs }:
import ../../modules/mastodon/test.nix {
  inherit pkgs;
  name = "mastodon-dev";
  host = import ../../hosts/dev1;
  promises = {
    joins = [ "someone@webarch.coop" ];
    applies = [ ];
    refused = [ "someone@stranger.example" ];
    blocked = [ "flood.example" ];
  };
}
