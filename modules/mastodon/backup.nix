# Backups of database, secrets and own media by restic, without the cache; and the way back.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  backed = lib.filterAttrs (_: cfg: cfg.backup.repository != null) config.coop.mastodon;
  root = cfg: "/var/lib/nixos-containers/${cfg.container.name}";
  postgresql = cfg: pkgs."postgresql_${toString cfg.container.postgresql}";
  inside = cfg: "nixos-container run ${cfg.container.name} --";

  restore =
    name: cfg:
    pkgs.writeShellApplication {
      name = "coop-restore-${name}";
      runtimeInputs = [ pkgs.coreutils ];
      text = ''
        container=${lib.escapeShellArg cfg.container.name}
        state=${root cfg}/var/lib/mastodon
        postgresql=${postgresql cfg}
        restic=/run/current-system/sw/bin/restic-${name}
      ''
      + builtins.readFile ./restore.sh;
    };
in
{
  services.restic.backups = lib.mapAttrs (_: cfg: {
    inherit (cfg.backup) repository passwordFile;
    initialize = true;
    paths = [ "${root cfg}/var/lib/mastodon" ];
    exclude = [
      "${root cfg}/var/lib/mastodon/public-system/cache"
      "*.partial"
    ];
    pruneOpts = lib.mapAttrsToList (period: count: "--keep-${period} ${toString count}") cfg.backup.keep;
    timerConfig = {
      OnCalendar = cfg.backup.at;
      Persistent = true;
    };
    backupPrepareCommand = ''
      ${inside cfg} runuser -u mastodon -- sh -c '
        mkdir -p /var/lib/mastodon/dumps
        ${postgresql cfg}/bin/pg_dump --format=custom --file=/var/lib/mastodon/dumps/backup.partial mastodon
        mv /var/lib/mastodon/dumps/backup.partial /var/lib/mastodon/dumps/backup.dump'
    '';
  }) backed;

  systemd.services = lib.mapAttrs' (
    name: _:
    lib.nameValuePair "restic-backups-${name}" {
      path = [
        "/run/current-system/sw"
      ];
    }
  ) backed;

  environment.systemPackages = lib.mapAttrsToList restore backed;
}
