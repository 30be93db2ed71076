# shellcheck shell=bash
# Restores the latest real backup into a scratch database server, checks it, and drops it.
# COOP_INSTANCE, COOP_USER (whom the scratch server runs as), COOP_WORK (an empty directory of its
# own), COOP_FACTS, COOP_MAX_AGE_DAYS, COOP_SUBSET (of the repository's data to read, as for
# restic's --read-data-subset), COOP_WAIT, COOP_METRICS, COOP_LIBRARY, COOP_SNAPSHOTS, RESTIC_*.
set -euo pipefail
# shellcheck source=metrics.sh
. "$COOP_LIBRARY"
# shellcheck source=snapshot.sh
. "$COOP_SNAPSHOTS"

as() { runuser -u "$COOP_USER" -- "$@"; }

started=$(date +%s)
taken=
newest=
rows=
finish() {
  local status=$?
  if [ -f "$COOP_WORK/data/postmaster.pid" ]; then
    as pg_ctl --pgdata="$COOP_WORK/data" --mode=immediate --silent stop || true
  fi
  rm -rf "$COOP_WORK"
  {
    echo "coop_drill_duration_seconds{instance=\"$COOP_INSTANCE\"} $(($(date +%s) - started))"
    [ -z "$taken" ] || echo "coop_drill_snapshot_timestamp_seconds{instance=\"$COOP_INSTANCE\"} $taken"
    [ -z "$newest" ] || echo "coop_drill_newest_status_timestamp_seconds{instance=\"$COOP_INSTANCE\"} $newest"
    [ -z "$rows" ] || printf '%s\n' "$rows"
  } | report_job "$COOP_METRICS/drill-$COOP_INSTANCE.prom" drill "$COOP_INSTANCE" "$status"
  [ "$status" -eq 0 ] || echo "The drill FAILED: do not count on the backups of $COOP_INSTANCE." >&2
}
trap finish EXIT

read -ra patience <<<"$COOP_WAIT"
rm -rf "$COOP_WORK"
mkdir -p "$COOP_WORK"
chmod 0711 "$COOP_WORK"

found=$(find_snapshot "$COOP_INSTANCE" latest)
IFS=$'\t' read -r id taken _ <<<"$found"
echo "Snapshot ${id:0:8} of $(date --date="@$taken" '+%F %R')"
if [ $((started - taken)) -gt $((COOP_MAX_AGE_DAYS * 86400)) ]; then
  echo "It is more than $COOP_MAX_AGE_DAYS days old: backups have stopped." >&2
  exit 1
fi

restic restore "$id" --target "$COOP_WORK/files" --include /backup --include /secrets
for secret in active-record-encryption-deterministic-key active-record-encryption-key-derivation-salt \
  active-record-encryption-primary-key secret-key-base vapid-private-key vapid-public-key; do
  if [ ! -s "$COOP_WORK/files/secrets/$secret" ]; then
    echo "Mastodon's key $secret is not in the backup: what it encrypts could not be read." >&2
    exit 1
  fi
done

# Nothing but this drill can reach the server, and nothing of it outlives the drill.
mkdir "$COOP_WORK/data" "$COOP_WORK/socket"
chown --recursive "$COOP_USER" "$COOP_WORK/data" "$COOP_WORK/socket" "$COOP_WORK/files"
export PGHOST=$COOP_WORK/socket PGUSER=postgres
as initdb --pgdata="$COOP_WORK/data" --username=postgres --auth=trust --encoding=UTF8 \
  --locale=C --no-sync >/dev/null
cat >>"$COOP_WORK/data/postgresql.conf" <<CONF
listen_addresses = ''
unix_socket_directories = '$COOP_WORK/socket'
fsync = off
full_page_writes = off
max_wal_size = 4GB
CONF
if ! as pg_ctl --pgdata="$COOP_WORK/data" --wait --silent --log="$COOP_WORK/data/log" start; then
  cat "$COOP_WORK/data/log" >&2
  exit 1
fi
as createdb drill
as pg_restore --no-owner --no-privileges --exit-on-error --dbname=drill "$COOP_WORK/files/backup/database.dump"

as psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 \
  --dbname=drill --file="$COOP_FACTS" >"$COOP_WORK/found.json"
if ! same_facts "$COOP_WORK/files/backup/facts.json" "$COOP_WORK/found.json"; then
  echo "The restored database is not the one that was backed up: see above." >&2
  exit 1
fi
if [ "$(jq '.rows.accounts' "$COOP_WORK/found.json")" -eq 0 ]; then
  echo "The restored database has no accounts at all." >&2
  exit 1
fi
newest=$(jq --raw-output '.newest_status // empty' "$COOP_WORK/found.json")
rows=$(jq --raw-output --arg instance "$COOP_INSTANCE" '.rows | to_entries[]
  | "coop_drill_rows{instance=\"\($instance)\",table=\"\(.key)\"} \(.value)"' "$COOP_WORK/found.json")

# Own media are too large to restore each time: the repository's structure and a part of its data.
restic "${patience[@]}" check --read-data-subset="$COOP_SUBSET"
echo "The backup is good: $(jq --compact-output .rows "$COOP_WORK/found.json")"
