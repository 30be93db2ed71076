# What {{ name | comment }} promises, tried on a running machine. Written by coop from coop.toml.
{ pkgs }:
import ../../modules/mastodon/test.nix {
  inherit pkgs;
  name = {{ name | nix }};
  host = import {{ host | nix }};
  promises = {{ promises | nix(indent=2) }};
}
