# Other servers' media: pruned by age, and more strictly while over the budget.
{ instance }:
{ config, lib, ... }:
let
  inherit (instance) cache;
  web = config.systemd.services.mastodon-web;
  tootctl = "${config.services.mastodon.package}/bin/tootctl";
in
{
  systemd.services.coop-cache = {
    description = "Prune other servers' media";
    startAt = "daily";
    environment = removeAttrs web.environment [
      "PATH"
      "PORT"
      "SOCKET"
    ];
    after = [
      "mastodon-init-db.service"
      "postgresql.target"
      "redis-mastodon.service"
    ];
    serviceConfig =
      removeAttrs web.serviceConfig [
        "ExecStart"
        "Restart"
        "RestartSec"
        "RuntimeDirectory"
        "RuntimeDirectoryMode"
      ]
      // {
        Type = "oneshot";
      };
    script = ''
      prune() {
        ${tootctl} media remove --days="$1"
        ${tootctl} media remove --prune-profiles --days="$1"
      }
      days=${toString cache.keepDays}
      prune "$days"
      # Below a fortnight cards vanish from posts that people still read.
      ${tootctl} preview_cards remove --days=${toString (lib.max 14 cache.keepDays)}
    ''
    + lib.optionalString (cache.budgetGb != null) ''
      cache=/var/lib/mastodon/public-system/cache
      budget=$((${toString cache.budgetGb} * 1024 * 1024))
      size() { if [ -d "$cache" ]; then du -sk "$cache" | cut -f1; else echo 0; fi; }
      while [ "$(size)" -gt "$budget" ] && [ "$days" -gt 0 ]; do
        days=$((days / 2))
        echo "The cache is over its ${toString cache.budgetGb} GiB: keeping $days days only"
        prune "$days"
      done
      if [ "$(size)" -gt "$budget" ]; then
        echo "The cache is over its budget though everything that can go is gone" >&2
        exit 1
      fi
    '';
  };
}
