# Derivations of whole NixOS systems and of VM tests, by name: `system.<name>`, `test.<name>`.
# They are evaluated, never built.
{
  nixpkgs ? <nixpkgs>,
}:
let
  pkgs = import nixpkgs { system = "x86_64-linux"; };
  inherit (pkgs) lib;

  system =
    modules:
    (import (nixpkgs + "/nixos/lib/eval-config.nix") {
      system = "x86_64-linux";
      modules = [ ./base.nix ] ++ modules;
    }).config.system.build.toplevel;

  services = [
    "mastodon"
    "prosody"
    "mattermost"
    "forgejo"
    "gotosocial"
    "gitlab"
    "monitoring"
    "containers"
    "desktop"
  ];
in
{
  system = {
    minimal = system [ ];
  }
  // lib.genAttrs services (name: system [ (./. + "/${name}.nix") ]);

  test = {
    inherit (pkgs.nixosTests) nginx login;
    mastodon = pkgs.nixosTests.mastodon.standard;
    own = pkgs.testers.runNixOSTest ./vm-test.nix;
  };
}
