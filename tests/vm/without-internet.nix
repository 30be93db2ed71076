# A virtual machine's part of the example host: a certificate of the test's own, no relay, no cache
# budget, and a repository's password that is there.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  network = import ../../modules/mastodon/test/network.nix { inherit pkgs; };
  names = [
    "example.coop"
    "social.example.coop"
  ];
in
{
  imports = [ (network.serve (network.certificate names) names) ];
  inherit (network.machine) virtualisation;

  coop.mastodon.social = {
    memoryGb = lib.mkForce 3;
    cache.budgetGb = lib.mkDefault null;
    mail = {
      host = lib.mkForce null;
      user = lib.mkForce null;
    };
  };

  systemd.tmpfiles.rules = [
    "d /var/lib/coop/secrets 0700 root root -"
    "f /var/lib/coop/secrets/${config.coop.mastodon.social.backup.passwordSecret} 0600 root root - password"
  ];
}
