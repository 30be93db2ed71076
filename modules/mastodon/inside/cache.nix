# Other servers' media: pruned by age, and more strictly while over the budget.
{ instance }:
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (instance) cache;
  tootctl = import ./tootctl.nix { inherit config pkgs; };
in
{
  # nixpkgs' own pruning knows attachments and cards only.
  services.mastodon.mediaAutoRemove.enable = false;

  systemd = {
    services.coop-cache = tootctl // {
      description = "Prune other servers' media";
      startAt = "daily";
      environment = tootctl.environment // {
        COOP_INSTANCE = instance.name;
        COOP_KEEP_DAYS = toString cache.keepDays;
        COOP_BUDGET_KIB = lib.optionalString (cache.budgetGb != null) (
          toString (cache.budgetGb * 1024 * 1024)
        );
        COOP_MEDIA = if instance.media.bucket == null then "disk" else "bucket";
        COOP_CACHE = "/var/lib/mastodon/public-system/cache";
        COOP_SIZE = "${./cache.sql}";
        COOP_ORPHANS_EVERY_DAYS = "7";
        COOP_STATE = "/var/lib/mastodon";
        COOP_METRICS_FILE = "/var/lib/mastodon/metrics.prom";
        COOP_LIBRARY = "${../scripts/metrics.sh}";
      };
      script = "exec ${pkgs.runtimeShell} ${./cache.sh}";
    };
    timers.coop-cache.timerConfig = {
      Persistent = true;
      RandomizedDelaySec = "2h";
    };

    # A restart in between does not end it: the mark stays until all is done.
    services.coop-after-restore = tootctl // {
      description = "Forget and fetch what a restore could not bring back";
      wantedBy = [ "multi-user.target" ];
      after = tootctl.after ++ [ "mastodon-web.service" ];
      unitConfig.ConditionPathExists = "/var/lib/mastodon/after-restore";
      environment = tootctl.environment // {
        COOP_MARK = "/var/lib/mastodon/after-restore";
        COOP_SEALED = if instance.staging == null then "" else "1";
      };
      script = "exec ${pkgs.runtimeShell} ${./after-restore.sh}";
    };
  };

  # The host mounts a file system there that belongs to these ids.
  users.groups.mastodon.gid = instance.container.uid;
}
