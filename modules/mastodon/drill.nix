# The drill: the latest real backup, restored into a scratch database server, checked and dropped.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  command = import ./command.nix { inherit lib pkgs; };
  restic = import ./restic.nix { inherit config pkgs; };
  drilled = lib.filterAttrs (
    _: cfg: cfg.backup.repository != null && cfg.backup.drill != null
  ) config.coop.mastodon;

  drill =
    name: cfg:
    command {
      name = "coop-drill-${name}";
      script = ./scripts/drill.sh;
      inputs = restic.inputs cfg;
      environment =
        restic.shared cfg
        // restic.repository name cfg.backup
        // {
          COOP_INSTANCE = name;
          COOP_USER = "coop-drill";
          COOP_WORK = "/var/lib/coop/drill/${name}";
          COOP_MAX_AGE_DAYS = "8";
          COOP_SUBSET = "5%";
        };
    };
in
{
  users = lib.mkIf (drilled != { }) {
    users.coop-drill = {
      isSystemUser = true;
      group = "coop-drill";
      description = "Scratch database servers of drills";
    };
    groups.coop-drill = { };
  };

  systemd.services = lib.mapAttrs' (
    name: cfg:
    lib.nameValuePair "coop-drill-${name}" {
      description = "Restore the latest backup of ${cfg.domain} into a scratch database";
      after = [
        "coop-backup-${name}.service"
        "network-online.target"
      ];
      wants = [ "network-online.target" ];
      restartIfChanged = false;
      serviceConfig = restic.inBackground // {
        ExecStart = lib.getExe (drill name cfg);
      };
    }
  ) drilled;

  systemd.timers = lib.mapAttrs' (
    name: cfg:
    lib.nameValuePair "coop-drill-${name}" {
      wantedBy = [ "timers.target" ];
      timerConfig = {
        OnCalendar = cfg.backup.drill;
        Persistent = true;
      };
    }
  ) drilled;

  environment.systemPackages = lib.mapAttrsToList drill drilled;
}
