# The VM tests of the modules, by name.
{ pkgs }:
{
  backup-and-restore = import ./backup-and-restore.nix { inherit pkgs; };
  cache-budget = import ./cache-budget.nix { inherit pkgs; };
  federation = import ./federation.nix { inherit pkgs; };
  federation-policy = import ./federation-policy.nix { inherit pkgs; };
  mastodon-container = import ./mastodon-container.nix { inherit pkgs; };
  sign-up = import ./sign-up.nix { inherit pkgs; };
  upgrade-guard = import ./upgrade-guard.nix { inherit pkgs; };
}
