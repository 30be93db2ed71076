# Backups of database, keys and own media by restic, without the cache; and the way back.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  command = import ./command.nix { inherit lib pkgs; };
  restic = import ./restic.nix { inherit config pkgs; };
  backed = lib.filterAttrs (_: cfg: cfg.backup.repository != null) config.coop.mastodon;

  backup =
    name: cfg:
    command {
      name = "coop-backup-${name}";
      script = ./scripts/backup.sh;
      inputs = restic.inputs cfg;
      environment = {
        COOP_INSTANCE = name;
        COOP_DUMP = "${./inside/dump.sh}";
        COOP_KEEP = lib.concatStringsSep " " (
          lib.mapAttrsToList (period: count: "--keep-${period} ${toString count}") cfg.backup.keep
        );
      }
      // restic.shared cfg
      // restic.repository name cfg.backup;
    };

  restore =
    name: cfg:
    command {
      name = "coop-restore-${name}";
      script = ./scripts/restore.sh;
      inputs = restic.inputs cfg;
      environment = restic.restore "coop-restore-${name}" cfg name cfg.backup "";
    };

  # The repository as the backup sees it, for everything else that restic can do.
  plain =
    name: cfg:
    pkgs.writeShellApplication {
      name = "coop-restic-${name}";
      runtimeInputs = restic.inputs cfg;
      runtimeEnv = restic.repository name cfg.backup;
      text = ''exec restic "$@"'';
    };

  periods = [
    "last"
    "hourly"
    "daily"
    "weekly"
    "monthly"
    "yearly"
  ];
  check = name: cfg: [
    {
      assertion =
        cfg.backup.keep != { } && lib.subtractLists periods (lib.attrNames cfg.backup.keep) == [ ];
      message = "coop.mastodon.${name}.backup.keep must name at least one of ${lib.concatStringsSep ", " periods}, and nothing else.";
    }
    {
      assertion = builtins.match ".*://[^/]*:[^/]*@.*" cfg.backup.repository == null;
      message = "coop.mastodon.${name}.backup.repository has a password in it, which everybody on the host could read in the Nix store. Use a repository that authenticates by key.";
    }
    {
      assertion = !lib.hasPrefix "/var/lib/nixos-containers/" cfg.backup.repository;
      message = "coop.mastodon.${name}.backup.repository is inside a container: it would be lost with what it is to bring back.";
    }
  ];
in
{
  assertions = lib.concatLists (lib.mapAttrsToList check backed);

  systemd.services = lib.mapAttrs' (
    name: cfg:
    lib.nameValuePair "coop-backup-${name}" {
      description = "Back up ${cfg.domain}";
      after = [
        "container@${cfg.container.name}.service"
        "network-online.target"
      ];
      wants = [ "network-online.target" ];
      restartIfChanged = false;
      serviceConfig = restic.inBackground // {
        ExecStart = lib.getExe (backup name cfg);
      };
    }
  ) backed;

  systemd.timers = lib.mapAttrs' (
    name: cfg:
    lib.nameValuePair "coop-backup-${name}" {
      wantedBy = [ "timers.target" ];
      timerConfig = {
        OnCalendar = cfg.backup.at;
        Persistent = true;
      };
    }
  ) backed;

  environment.systemPackages = lib.concatLists (
    lib.mapAttrsToList (name: cfg: [
      (backup name cfg)
      (restore name cfg)
      (plain name cfg)
    ]) backed
  );
}
