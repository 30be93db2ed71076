# shellcheck shell=bash
# What the tests of host scripts share: a PostgreSQL of their own, stand-ins for what only NixOS
# has, and checks that say what they expected.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# Used by the tests.
# shellcheck disable=SC2034
modules=$here/../../modules/mastodon
work=$(mktemp --directory /tmp/coop-host-test.XXXXXX)
# The database server's user has to reach it.
chmod 0755 "$work"
export PATH=$here/stubs:$PATH
export COOP_STUB_LOG=$work/commands.log
failures=0

cleanup() {
  local status=$?
  [ ! -f "$work/cluster/postmaster.pid" ] || database_command pg_ctl --pgdata="$work/cluster" --mode=immediate --silent stop
  ! declare -F also_cleanup >/dev/null || also_cleanup
  rm -rf "$work"
  exit "$status"
}
trap cleanup EXIT

# The newest PostgreSQL of Debian or of the path; it refuses to run as root.
database_user=nobody
find_postgres() {
  local found
  found=$(find /usr/lib/postgresql -mindepth 1 -maxdepth 1 2>/dev/null | sort --version-sort | tail -n 1)
  [ -z "$found" ] || PATH=$found/bin:$PATH
  command -v initdb >/dev/null
}
database_command() {
  /usr/sbin/runuser -u "$database_user" -- "$@"
}
start_postgres() {
  mkdir "$work/cluster" "$work/socket"
  chown "$database_user" "$work/cluster" "$work/socket"
  database_command initdb --pgdata="$work/cluster" --username=postgres --auth=trust --encoding=UTF8 --locale=C --no-sync >/dev/null
  database_command pg_ctl --pgdata="$work/cluster" --wait --silent --log="$work/cluster/log" \
    --options="-c listen_addresses= -c unix_socket_directories=$work/socket -c fsync=off" start
  export PGHOST=$work/socket PGUSER=postgres
  psql --quiet --dbname=postgres --command='create role mastodon login' --command='create database mastodon owner mastodon'
}
sql() { PGUSER=mastodon psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 --dbname="${2:-mastodon}" --command="$1"; }

expect() { # WHAT COMMAND...
  local what=$1
  shift
  if "$@"; then
    echo "  ok: $what"
  else
    echo "  FAILED: $what" >&2
    failures=$((failures + 1))
  fi
}
equal() {
  [ "$1" = "$2" ] || {
    printf '    expected: %s\n    found:    %s\n' "$1" "$2" >&2
    return 1
  }
}
says() { # FILE TEXT
  grep --quiet --fixed-strings -- "$2" "$1" || {
    sed 's/^/    /' "$1" >&2
    return 1
  }
}
# Runs a command that has to fail with this status; what it says is in $work/said.
fails() { # STATUS COMMAND...
  local wanted=$1 status=0
  shift
  "$@" >"$work/said" 2>&1 || status=$?
  equal "exit $wanted" "exit $status" || {
    sed 's/^/    /' "$work/said" >&2
    return 1
  }
}
succeeds() {
  "$@" >"$work/said" 2>&1 || {
    sed 's/^/    /' "$work/said" >&2
    return 1
  }
}
finish() {
  [ "$failures" -eq 0 ] || echo "$failures failed" >&2
  [ "$failures" -eq 0 ]
}
