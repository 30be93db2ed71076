# The VM tests of the modules, by name.
{ pkgs }:
{
  backup-and-restore = import ./backup-and-restore.nix { inherit pkgs; };
  cache-budget = import ./cache-budget.nix { inherit pkgs; };
  mastodon-container = import ./mastodon-container.nix { inherit pkgs; };
}
