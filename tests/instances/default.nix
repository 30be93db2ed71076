# The VM tests of the fleet, one for each shape of instance. Written by coop from coop.toml.
{ pkgs }:
{
  allotments = import ./allotments.nix { inherit pkgs; };
  mastodon-dev = import ./mastodon-dev.nix { inherit pkgs; };
  theatre = import ./theatre.nix { inherit pkgs; };
  union = import ./union.nix { inherit pkgs; };
}
