# shellcheck shell=bash
# Dumps the database, and states facts about it from the very same snapshot.
# Runs as Mastodon's user, in COOP_DIRECTORY; COOP_FACTS is facts.sql.
set -euo pipefail
umask 077
mkdir -p "$COOP_DIRECTORY"
cd "$COOP_DIRECTORY"
rm -f database.partial facts.partial

# pg_dump runs while the transaction that exported the snapshot is open. It does not compress:
# restic does, and can then keep once what did not change.
psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 --set=facts="$COOP_FACTS" <<'SQL'
begin isolation level repeatable read read only;
select pg_export_snapshot() as snapshot \gset
\setenv COOP_SNAPSHOT :snapshot
\! pg_dump --format=custom --compress=0 --snapshot="$COOP_SNAPSHOT" --file=database.partial || rm -f database.partial
\o facts.partial
\i :facts
commit;
SQL

if [ ! -s database.partial ] || [ ! -s facts.partial ]; then
  echo "The database could not be dumped: see above. The last dump was left as it is." >&2
  exit 1
fi
mv facts.partial facts.json
mv database.partial database.dump
