# The command that lets the first owner in.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  command = import ./command.nix { inherit lib pkgs; };
  link =
    name: cfg:
    command {
      name = "coop-owner-${name}";
      script = ./scripts/owner.sh;
      inputs = [
        config.systemd.package
        pkgs.nixos-container
      ];
      environment = {
        COOP_CONTAINER = cfg.container.name;
        COOP_OWNER = "${cfg.owner.name} (${cfg.owner.email})";
      };
    };
in
{
  environment.systemPackages = lib.mapAttrsToList link (
    lib.filterAttrs (_: cfg: cfg.owner != null) config.coop.mastodon
  );
}
