# A host with a web domain of its own, a development instance and a staging copy: what NixOS makes of
# it in text. The nginx configurations of the host and of one container, the host's nftables, and the
# shell that is checked when it is built: commands, checks before a switch, starts of containers.
{ nixpkgs }:
let
  lib = import (nixpkgs + "/lib");
  instance =
    number: settings:
    {
      container = {
        hostAddress = "10.233.1.${toString (2 * number)}";
        localAddress = "10.233.1.${toString (2 * number + 1)}";
        stateVersion = "26.05";
        postgresql = 17;
      };
    }
    // settings;
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
  plain = builtins.unsafeDiscardStringContext;
  textOf = config: plain config.environment.etc."nginx/nginx.conf".source.text;
in
{
  host = textOf host;
  container = textOf host.containers.social.config;
  tables = lib.mapAttrs (_: table: "table ${table.family} ${table.name} {\n${table.content}\n}\n") (
    lib.filterAttrs (_: table: table.enable) host.networking.nftables.tables
  );
  shell =
    lib.listToAttrs (
      map (command: lib.nameValuePair command.name (plain command.text)) (
        lib.filter (package: lib.hasPrefix "coop-" package.name) host.environment.systemPackages
      )
    )
    // lib.mapAttrs' (
      name: text:
      lib.nameValuePair "pre-switch-${name}" (plain ''
        #!/bin/bash
        ${text}
      '')
    ) (lib.filterAttrs (name: _: lib.hasPrefix "coop-" name) host.system.preSwitchChecks)
    // lib.mapAttrs' (
      _: cfg:
      lib.nameValuePair "start-of-${cfg.container.name}" (plain ''
        #!/bin/bash
        ${host.systemd.services."container@${cfg.container.name}".postStart}
      '')
    ) host.coop.mastodon;
  addresses = lib.mapAttrs (_: cfg: cfg.container.localAddress) host.coop.mastodon;
}
