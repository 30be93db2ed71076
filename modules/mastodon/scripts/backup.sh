# shellcheck shell=bash
# Backs an instance up: a dump of its database, then its state without other servers' media.
# COOP_INSTANCE, COOP_DOMAIN, COOP_CONTAINER, COOP_STATE (the container's /var/lib/mastodon),
# COOP_DUMP and COOP_FACTS (inside/dump.sh, inside/facts.sql), COOP_KEEP (restic's --keep-*),
# COOP_WAIT (options of restic that wait for a lock), COOP_METRICS, COOP_LOCKS, COOP_LIBRARY,
# and restic's own RESTIC_REPOSITORY and RESTIC_PASSWORD_FILE.
set -euo pipefail
# shellcheck source=metrics.sh
. "$COOP_LIBRARY"

metrics=$COOP_METRICS/backup-$COOP_INSTANCE.prom
trap 'report_job "$metrics" backup "$COOP_INSTANCE" $? </dev/null' EXIT

read -ra keep <<<"$COOP_KEEP"
read -ra patience <<<"$COOP_WAIT"

mkdir -p "$COOP_LOCKS"
exec 9>"$COOP_LOCKS/$COOP_CONTAINER.lock"
flock 9

# Dumped first: what the dump speaks of is in the files that are read afterwards.
# A login shell forgets the path and goes home; the store is the same inside.
nixos-container run "$COOP_CONTAINER" -- \
  env --chdir=/ PATH="$PATH" runuser -u mastodon -- env \
  COOP_DIRECTORY=/var/lib/mastodon/backup COOP_FACTS="$COOP_FACTS" PGDATABASE=mastodon \
  bash "$COOP_DUMP"

if ! restic cat config >/dev/null 2>&1; then
  restic init
fi

# The host is the instance's name: a repository may be shared, and an instance may move.
cd "$COOP_STATE"
restic "${patience[@]}" backup --host "$COOP_INSTANCE" --tag coop,"domain=$COOP_DOMAIN" \
  --exclude "$COOP_STATE/public-system/cache" --exclude "$COOP_STATE/dumps" --exclude '*.partial' .
restic "${patience[@]}" forget --host "$COOP_INSTANCE" --tag coop --group-by host --prune "${keep[@]}"
