# The nginx configurations that NixOS makes of a host with a web domain of its own, a development
# instance and a staging copy: the text of the host's, and of one container's.
{ nixpkgs }:
let
  lib = import (nixpkgs + "/lib");
  instance = number: settings: {
    container = {
      hostAddress = "10.233.1.${toString (2 * number)}";
      localAddress = "10.233.1.${toString (2 * number + 1)}";
      stateVersion = "26.05";
      postgresql = 17;
    };
  } // settings;
  reloaded.services.nginx.enableReload = true;
  host =
    (import (nixpkgs + "/nixos/lib/eval-config.nix") {
      system = "x86_64-linux";
      modules = [
        ../vm/example-host.nix
        reloaded
        {
          coop.mastodon = {
            social.extraModules = [ reloaded ];
            dev = instance 1 {
              domain = "dev.example.coop";
              stage = "development";
            };
            copy = instance 2 {
              domain = "copy.example.coop";
              stage = "staging";
              staging = {
                of = "social";
                repository = "sftp:coop@store.example:/coop";
                passwordSecret = "restic";
                at = "Mon 05:00";
                htpasswdSecret = "copy-htpasswd";
              };
            };
          };
        }
      ];
    }).config;
  textOf = config: builtins.unsafeDiscardStringContext config.environment.etc."nginx/nginx.conf".source.text;
in
{
  host = textOf host;
  container = textOf host.containers.social.config;
  addresses = lib.mapAttrs (_: cfg: cfg.container.localAddress) host.coop.mastodon;
}
