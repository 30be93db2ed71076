# shellcheck shell=bash
# Restarts the containers that a new configuration changed: one at a time, each healthy before the
# next one's turn. The first that does not come back stops it, and the others stay as they are.
# COOP_CONTAINERS (name=address=host, separated by spaces), COOP_CONFIGURED (what they should run),
# COOP_STARTED (what they were started with), COOP_PATIENCE (seconds to become healthy),
# COOP_INTERVAL (seconds between two looks).
set -euo pipefail

healthy() { # ADDRESS HOST
  curl --silent --fail --max-time 10 --output /dev/null --header "Host: $2" "http://$1/health"
}
# Whether it is still starting, or migrates for a restore or for coop-new: never cut that off.
busy() { # NAME
  local state
  for state in "$(systemctl is-active "container@$1.service")" "$(systemctl -M "$1" is-active mastodon-init-db.service 2>/dev/null)"; do
    [[ $state != activating && $state != deactivating ]] || return 0
  done
  return 1
}
stop() {
  printf '%s\n' "$@" "The containers after it were not restarted, and run what they ran before." \
    "Once it is well: systemctl start coop-rollout" >&2
  exit 1
}

for entry in $COOP_CONTAINERS; do
  IFS='=' read -r name address host <<<"$entry"
  unit=container@$name.service
  if busy "$name"; then
    echo "Waiting for $name, which starts or migrates"
    while busy "$name"; do sleep "$COOP_INTERVAL"; done
  fi
  if systemctl is-active --quiet "$unit" && cmp --silent "$COOP_CONFIGURED/$name.conf" "$COOP_STARTED/$name.conf"; then
    continue
  fi
  echo "Restarting $name"
  systemctl stop "$unit"
  # Its file system follows the budget, and can be changed only while nobody uses it.
  systemctl stop "coop-cache-image-$name.service" 2>/dev/null || true
  systemctl start "$unit" || stop "$name does not start: journalctl -u $unit"
  # A container counts as started though units inside failed.
  deadline=$(($(date +%s) + COOP_PATIENCE))
  until healthy "$address" "$host"; do
    [ "$(date +%s)" -lt "$deadline" ] ||
      stop "$name started, and Mastodon in it does not answer: systemctl -M $name --failed"
    sleep "$COOP_INTERVAL"
  done
  echo "$name is well"
done
