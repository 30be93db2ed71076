# shellcheck shell=bash
# Marks an instance as new, once: its empty database may be filled.
# COOP_INSTANCE, COOP_DOMAIN, COOP_CONTAINER.
set -euo pipefail
# A login shell forgets the path and goes home; the store is the same inside.
inside() { nixos-container run "$COOP_CONTAINER" -- env --chdir=/ PATH="$PATH" "$@"; }

if ! systemctl is-active --quiet "container@$COOP_CONTAINER.service"; then
  echo "The container $COOP_CONTAINER does not run: systemctl start container@$COOP_CONTAINER" >&2
  exit 1
fi
inside systemctl start postgresql.target
tables=$(
  inside runuser -u mastodon -- psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 \
    --dbname=mastodon --command="select count(*) from pg_tables where schemaname = 'public'"
)
if [ "$tables" -ne 0 ]; then
  echo "$COOP_INSTANCE has a database already: it is not new. Nothing was changed." >&2
  exit 1
fi
if [ "${1-}" != --yes ]; then
  cat >&2 <<WHY
This gives $COOP_INSTANCE ($COOP_DOMAIN) a new database and new keys.
If $COOP_DOMAIN has ever been in use, do not: other servers would no longer accept it. Restore a
backup instead. If it is really new, run this again with --yes.
WHY
  exit 2
fi
# Consumed by the guard when the database has been made.
inside runuser -u mastodon -- touch /var/lib/mastodon/new
inside systemctl reset-failed mastodon-init-db.service || true
inside systemctl start mastodon.target
echo "$COOP_INSTANCE starts with a new database: journalctl -M $COOP_CONTAINER -u mastodon-init-db"
