# shellcheck shell=bash
# Before migrations: no new database and no new keys by accident, no step back over a schema change,
# and a dump. Runs as Mastodon's user and with its database.
#   keys    before mastodon-init-dirs: COOP_KEYS (files, separated by spaces)
#   before  before mastodon-init-db: COOP_SEEDING (1: an empty database may be filled), COOP_PACKAGE
#           (Mastodon's), COOP_KEEP_DUMPS
#   after   after it
# and always COOP_DOMAIN, COOP_STATE (/var/lib/mastodon).
set -euo pipefail

# The host reads here which schema the database has: pre-switch.sh.
version_file=$COOP_STATE/schema-version
dumps=$COOP_STATE/dumps

query() { psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 --command="$1"; }
refuse() {
  printf '%s\n' "$@" "Nothing was changed." >&2
  exit 1
}

tables() { query "select count(*) from pg_tables where schemaname = 'public'"; }

case ${1-} in
  keys)
    missing=
    for key in $COOP_KEYS; do
      [ -s "$key" ] || missing+=" $key"
    done
    if [ -n "$missing" ] && [ "$(tables)" -ne 0 ]; then
      refuse "The database of $COOP_DOMAIN lives, and of Mastodon's keys these are missing:$missing." \
        "New ones could not read what these encrypted. Bring them back: coop-restore-… on the host."
    fi
    exit 0
    ;;
  before) ;;
  after)
    query 'select max(version) from schema_migrations' >"$version_file.partial"
    mv "$version_file.partial" "$version_file"
    rm -f "$COOP_STATE/new"
    exit 0
    ;;
  *)
    echo "usage: guard.sh keys|before|after" >&2
    exit 2
    ;;
esac

if [ "$(tables)" -eq 0 ]; then
  if [ "$COOP_SEEDING" != 1 ] && [ ! -e "$COOP_STATE/new" ]; then
    refuse "$COOP_DOMAIN is in production and its database is empty." \
      "If it has lived before, its state is elsewhere: restore a backup with coop-restore-… on the host." \
      "Only if it is really new: coop-new-… --yes on the host. That makes new keys and a new database."
  fi
  exit 0
fi
if [ "$(query "select to_regclass('public.schema_migrations') is null")" = t ]; then
  refuse "The database of $COOP_DOMAIN has tables, but none of Mastodon's schema versions." \
    "It may be half restored: look at it before anything writes to it."
fi

known=$(find "$COOP_PACKAGE/db/migrate" "$COOP_PACKAGE/db/post_migrate" -name '*.rb' -printf '%f\n' | grep -o '^[0-9]\{14\}' | sort -u)
incoming=$(tail -n 1 <<<"$known")
applied=$(query 'select version from schema_migrations order by version')
present=$(tail -n 1 <<<"$applied")
if [[ $present > $incoming ]]; then
  refuse "The database is at $present and this Mastodon only knows up to $incoming: it is older." \
    "Go forward to the newer release, or restore the dump from before the upgrade: ${dumps}/." \
    "Rolling a migration back is not possible."
fi

pending=$(comm -23 <(printf '%s\n' "$known") <(sort -u <<<"$applied") | grep -c . || true)
[ "$pending" -gt 0 ] || exit 0

mkdir -p "$dumps"
size=$(query 'select pg_database_size(current_database())')
free=$(df --output=avail --block-size=1 "$dumps" | tail -n 1)
# A dump is smaller than the database; migrations themselves want room, too.
if [ "$free" -le "$size" ]; then
  refuse "$pending migrations are pending and there is no room for a dump before them:" \
    "$((free / 1048576)) MiB are free, the database has $((size / 1048576)) MiB. Make room, then start again."
fi
echo "$pending migrations are pending: dumping the database at $present first"
dump=$dumps/$present.dump
if ! pg_dump --format=custom --file="$dump.partial" || ! pg_restore --list "$dump.partial" >/dev/null; then
  rm -f "$dump.partial"
  refuse "The dump before the migrations failed: see above."
fi
mv "$dump.partial" "$dump"

# By age of the file, not by version: an instance may have been restored to an earlier one.
find "$dumps" -name '*.dump' -printf '%T@ %p\n' | sort --reverse --numeric-sort |
  tail -n "+$((COOP_KEEP_DUMPS + 1))" | cut -d' ' -f2- | while read -r old; do
  echo "removing the old dump $old"
  rm "$old"
done
