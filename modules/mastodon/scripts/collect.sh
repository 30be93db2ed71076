# shellcheck shell=bash
# Fetches the metrics that containers write about themselves. They are read inside, where no link
# leads to the host's files, and only what looks like an instance's own metric is taken.
# COOP_CONTAINERS (name=instance, separated by spaces), COOP_METRICS, COOP_LIBRARY.
set -euo pipefail
# shellcheck source=metrics.sh
. "$COOP_LIBRARY"

for pair in $COOP_CONTAINERS; do
  container=${pair%%=*}
  instance=${pair#*=}
  systemctl is-active --quiet "container@$container.service" || continue
  for metrics in cache=metrics.prom policy=policy.prom; do
    kind=${metrics%%=*}
    nixos-container run "$container" -- head -c 65536 "/var/lib/mastodon/${metrics#*=}" 2>/dev/null |
      grep --extended-regexp "^coop_${kind}_[a-z_]+\{instance=\"$instance\"\} [0-9]+$" |
      sort --unique --field-separator='{' --key=1,1 |
      write_metrics "$COOP_METRICS/$kind-$instance.prom" || true
  done
done
