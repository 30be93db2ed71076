# shellcheck shell=bash
# Before a switch of the host: refuses a Mastodon that is older than its database.
# COOP_INSTANCE, COOP_STATE (the container's /var/lib/mastodon), COOP_PACKAGE (the incoming one).
set -euo pipefail
version_file=$COOP_STATE/schema-version
# A container that has never run has nothing to lose.
[ -f "$version_file" ] || exit 0
present=$(head -c 14 "$version_file")
if ! [[ $present =~ ^[0-9]{14}$ ]]; then
  echo "$version_file says '$present', which is no schema version: restart the container to have it written again." >&2
  exit 1
fi
incoming=$(find "$COOP_PACKAGE/db/migrate" "$COOP_PACKAGE/db/post_migrate" -name '*.rb' -printf '%f\n' | grep -o '^[0-9]\{14\}' | sort | tail -n 1)
if [[ $present > $incoming ]]; then
  cat >&2 <<WHY
coop: $COOP_INSTANCE cannot go back. Its database is at $present, and the Mastodon of the incoming
configuration only knows up to $incoming: the older code would misread the newer tables.
Go forward instead: switch to a configuration with the newer Mastodon. To go back all the same, stop
the instance and restore the dump from before the upgrade ($COOP_STATE/dumps).
Nothing was changed.
WHY
  exit 1
fi
