# shellcheck shell=bash
# Brings a backup back into a container. Nothing is lost if it fails: the backup becomes a second
# database first, and only a complete one takes the place of the first.
# COOP_COMMAND (its own name), COOP_INSTANCE (whose backup), COOP_DOMAIN and COOP_CONTAINER (where to), COOP_STATE (the
# container's /var/lib/mastodon), COOP_PACKAGE (Mastodon's), COOP_FACTS, COOP_SNAPSHOTS, COOP_LOCKS,
# COOP_MEDIA (disk or bucket), COOP_SEAL (SQL that seals a staging copy, or empty), RESTIC_*.
set -euo pipefail
# shellcheck source=snapshot.sh
. "$COOP_SNAPSHOTS"

usage() {
  echo "usage: $COOP_COMMAND [--yes] [--snapshot ID]" >&2
  exit 2
}
yes=
wanted=latest
while [ $# -gt 0 ]; do
  case $1 in
    --yes) yes=1 ;;
    --snapshot)
      [[ ${2-} =~ ^[0-9a-f]{8,64}$ ]] || usage
      wanted=$2
      shift
      ;;
    *) usage ;;
  esac
  shift
done

refuse() {
  printf '%s\n' "$@" "Nothing was changed." >&2
  exit 1
}
# A login shell forgets the path and goes home; the store is the same inside.
inside() { nixos-container run "$COOP_CONTAINER" -- env --chdir=/ PATH="$PATH" "$@"; }
sql() { # USER DATABASE
  inside runuser -u "$1" -- psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 --dbname="$2"
}

mkdir -p "$COOP_LOCKS"
exec 9>"$COOP_LOCKS/$COOP_CONTAINER.lock"
flock --nonblock 9 || refuse "A backup or another restore of $COOP_INSTANCE is under way."

systemctl is-active --quiet "container@$COOP_CONTAINER.service" ||
  refuse "The container $COOP_CONTAINER does not run: systemctl start container@$COOP_CONTAINER"
[ -d "$COOP_STATE" ] || refuse "$COOP_STATE is missing: has the container ever started Mastodon?"
inside systemctl start postgresql.target

# What there is to restore, and whether it can be.
found=$(find_snapshot "$COOP_INSTANCE" "$wanted")
IFS=$'\t' read -r id taken domain <<<"$found"
scratch=$(mktemp --directory)
trap 'rm -rf "$scratch"' EXIT
restic dump "$id" /backup/facts.json >"$scratch/facts.json" ||
  refuse "The snapshot ${id:0:8} has no facts of a database."

if [ -z "$COOP_SEAL" ]; then
  [ "$domain" = "$COOP_DOMAIN" ] ||
    refuse "The snapshot is of $domain and this is $COOP_DOMAIN: its posts and followers would belong to nobody."
else
  [ "$domain" != "$COOP_DOMAIN" ] || refuse "A staging copy must not answer for the domain that it copies."
fi
incoming=$(find "$COOP_PACKAGE/db/migrate" "$COOP_PACKAGE/db/post_migrate" -name '*.rb' -printf '%f\n' |
  grep -o '^[0-9]*' | sort | tail -n 1)
schema=$(jq --raw-output .schema "$scratch/facts.json")
if [[ $schema > $incoming ]]; then
  refuse "The backup's database is at $schema, this Mastodon only knows up to $incoming." \
    "Install the newer Mastodon first, then restore."
fi
here=$(sql postgres postgres <<<"select current_setting('server_version_num')::int / 10000")
there=$(jq .postgresql "$scratch/facts.json")
[ "$there" -le "$here" ] ||
  refuse "The backup comes from PostgreSQL $there and the container has $here: raise container.postgresql first."

# Files, the dump among them, then a database of about the dump's size.
unreadable() { refuse "The snapshot ${id:0:8} cannot be read: see above. Try an older one with --snapshot."; }
size=$(restic stats --mode restore-size --json "$id" | jq .total_size) || unreadable
dump=$(restic ls --json "$id" /backup | jq --raw-output 'select(.path == "/backup/database.dump") | .size') ||
  unreadable
free=$(df --output=avail --block-size=1 "$COOP_STATE" | tail -n 1)
[ "$free" -gt $((size + dump * 2)) ] ||
  refuse "It needs $(((size + dump * 2) / 1048576)) MiB and there are $((free / 1048576)) MiB in $COOP_STATE."

tables=$(sql mastodon mastodon <<<"select count(*) from pg_tables where schemaname = 'public'")
echo "Snapshot ${id:0:8} of $COOP_INSTANCE ($domain), $(date --date="@$taken" '+%F %R'):" \
  "$(jq --compact-output .rows "$scratch/facts.json")"
if [ "$tables" -eq 0 ]; then
  echo "The database in $COOP_CONTAINER is empty."
else
  newer=$(sql mastodon mastodon <<<"select count(*) from statuses where created_at > to_timestamp($taken) at time zone 'utc'")
  echo "It replaces the database in $COOP_CONTAINER, where $newer posts are newer than the backup."
fi
if [ -z "$yes" ]; then
  echo "Nothing was changed. Run it again with --yes." >&2
  exit 2
fi

# The container's user ids are shifted, differently on each machine: keep this machine's.
owner=$(stat --format=%u:%g "$COOP_STATE")

# While the instance still runs: the database beside its own.
restic restore "$id" --target "$COOP_STATE" --include /backup
chown --recursive --no-dereference "$owner" "$COOP_STATE/backup"
sql postgres postgres <<<"drop database if exists mastodon_restored with (force)"
inside runuser -u postgres -- createdb --owner=mastodon mastodon_restored
inside runuser -u mastodon -- pg_restore --no-owner --no-privileges --exit-on-error \
  --dbname=mastodon_restored /var/lib/mastodon/backup/database.dump
inside runuser -u mastodon -- psql --no-psqlrc --quiet --tuples-only --no-align \
  --set=ON_ERROR_STOP=1 --dbname=mastodon_restored --file="$COOP_FACTS" >"$scratch/found.json"
same_facts "$scratch/facts.json" "$scratch/found.json" ||
  refuse "The restored database is not the one that was backed up: see above."
if [ -n "$COOP_SEAL" ]; then
  sql mastodon mastodon_restored <"$COOP_SEAL"
fi

# From here on it is away for a moment. Stopping mastodon.target alone would stop nothing.
inside systemctl stop mastodon.target 'mastodon-*.service' 'coop-*.timer' 'coop-*.service'
restic restore "$id" --target "$COOP_STATE" --exclude /backup
chown --recursive --no-dereference "$owner" "$COOP_STATE"
sql postgres postgres <<'SQL'
drop database if exists mastodon_replaced with (force);
select pg_terminate_backend(pid) from pg_stat_activity where datname in ('mastodon', 'mastodon_restored');
begin;
alter database mastodon rename to mastodon_replaced;
alter database mastodon_restored rename to mastodon;
commit;
SQL
# Jobs and feeds speak of the database that was replaced.
inside runuser -u mastodon -- redis-cli -s /run/redis-mastodon/redis.sock flushall
if [ "$tables" -eq 0 ] || [ -n "$COOP_SEAL" ]; then
  sql postgres postgres <<<"drop database mastodon_replaced with (force)"
else
  echo "The former database is kept as mastodon_replaced. Once all is well, remove it:"
  echo "  nixos-container run $COOP_CONTAINER -- runuser -u postgres -- dropdb mastodon_replaced"
fi

# Other servers' media are not in the backup, though the database speaks of them.
if [ "$COOP_MEDIA" = disk ]; then
  lost=attachments
  # shellcheck disable=SC2016
  if [ -z "$(inside sh -c 'find /var/lib/mastodon/public-system/cache -type f -print -quit 2>/dev/null')" ]; then
    lost=everything
  fi
else
  lost=feeds
fi
inside runuser -u mastodon -- sh -c "echo $lost >/var/lib/mastodon/after-restore"
inside systemctl start mastodon.target
inside systemctl start timers.target coop-reconcile.service
inside systemctl start --no-block coop-after-restore.service
echo "Restored. Other servers' media are being fetched again: journalctl -M $COOP_CONTAINER -u coop-after-restore"
