# Brings the latest backup back into a container that runs. The caller sets container, state,
# postgresql and restic. Without --yes nothing happens.
if [ "${1-}" != --yes ]; then
  echo "This replaces the database and media of $container by the latest backup." >&2
  echo "Run it again with --yes." >&2
  exit 2
fi

run() { nixos-container run "$container" -- "$@"; }

# The container's user ids are shifted, differently on each machine: keep this machine's.
owner=$(stat --format=%u:%g "$state")

run systemctl stop 'mastodon-*.service' 'coop-*.service'
"$restic" restore latest --target / --include "$state"
chown --recursive --no-dereference "$owner" "$state"
run runuser -u postgres -- dropdb --if-exists --force mastodon
run runuser -u postgres -- createdb --owner=mastodon mastodon
run runuser -u mastodon -- "$postgresql/bin/pg_restore" --no-owner --exit-on-error \
  --dbname=mastodon /var/lib/mastodon/dumps/backup.dump
run systemctl start mastodon.target
run systemctl start coop-reconcile.service
echo "Restored. Other servers' media are not in the backup: see tootctl accounts refresh --all."
