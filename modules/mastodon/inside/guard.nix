# Before migrations: no new database by accident, no step back over a schema change, and a dump.
{ instance }:
{ config, lib, ... }:
let
  inherit (config.services.mastodon) package;
  seeding = instance.stage != "production" || instance.isNew;
in
{
  systemd.services.mastodon-init-db.preStart = ''
    tables=$(psql --no-psqlrc -At -c "select count(*) from pg_tables where schemaname = 'public'")
    if [ "$tables" -eq 0 ]; then
      ${lib.optionalString (!seeding) ''
        echo "${instance.domain} is in production and its database is empty. Nothing was changed." >&2
        echo "Restore a backup, or set isNew if this instance has never run." >&2
        exit 1
      ''}
      exit 0
    fi

    incoming=$(ls ${package}/db/migrate ${package}/db/post_migrate | grep -o '^[0-9]\{14\}' | sort | tail -n 1)
    present=$(psql --no-psqlrc -At -c "select max(version) from schema_migrations")
    if [ "$present" \> "$incoming" ]; then
      echo "The database is at $present, this Mastodon only knows up to $incoming. Nothing was changed." >&2
      echo "Go forward to the newer release, or restore the dump in /var/lib/mastodon/dumps." >&2
      exit 1
    fi
    if [ "$present" != "$incoming" ]; then
      mkdir -p /var/lib/mastodon/dumps
      pg_dump --format=custom --file="/var/lib/mastodon/dumps/$present.partial"
      mv "/var/lib/mastodon/dumps/$present.partial" "/var/lib/mastodon/dumps/$present.dump"
    fi
  '';
}
