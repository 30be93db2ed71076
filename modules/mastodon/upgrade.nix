# Upgrades and first starts, as the host sees them: no switch back over a schema change, and the one
# command that lets an empty database be filled.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  command = import ./command.nix { inherit lib pkgs; };
  restic = import ./restic.nix { inherit config pkgs; };
  instances = config.coop.mastodon;

  check =
    name: cfg:
    command {
      name = "coop-pre-switch-${name}";
      script = ./scripts/pre-switch.sh;
      environment = {
        COOP_INSTANCE = name;
        COOP_STATE = restic.stateOf cfg;
        COOP_PACKAGE = "${restic.packageOf cfg}";
      };
    };

  new =
    name: cfg:
    command {
      name = "coop-new-${name}";
      script = ./scripts/new.sh;
      inputs = restic.inputs cfg;
      environment = {
        COOP_INSTANCE = name;
        COOP_DOMAIN = cfg.domain;
        COOP_CONTAINER = cfg.container.name;
      };
    };
in
{
  system.preSwitchChecks = lib.mapAttrs' (
    name: cfg: lib.nameValuePair "coop-${name}" (lib.getExe (check name cfg))
  ) instances;

  environment.systemPackages = lib.mapAttrsToList new (
    lib.filterAttrs (_: cfg: cfg.stage == "production") instances
  );
}
