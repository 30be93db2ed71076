# shellcheck shell=bash
# Finds an instance's snapshots in a repository that others may share, and compares facts.

# Prints id, time (seconds) and domain of the latest snapshot, or of the one whose id starts so.
find_snapshot() { # INSTANCE ID-OR-latest
  local listed id time domain
  listed=$(
    restic snapshots --json --host "$1" --tag coop |
      jq --raw-output --arg wanted "$2" '
        .[]? | select($wanted == "latest" or (.id | startswith($wanted)))
        | [.id, .time, (.tags[] | select(startswith("domain=")) | .[7:])] | @tsv'
  )
  if [ -z "$listed" ]; then
    echo "There is no snapshot '$2' of $1 in $RESTIC_REPOSITORY." >&2
    return 1
  fi
  while IFS=$'\t' read -r id time domain; do
    printf '%s\t%s\t%s\n' "$id" "$(date --date="$time" +%s)" "$domain"
  done <<<"$listed" | sort --key=2,2n | tail -n 1
}

# Whether two sets of facts (facts.sql) speak of the same data; says what differs.
same_facts() { # EXPECTED FOUND
  diff --unified=0 --label 'in the backup' --label 'restored' \
    <(jq --sort-keys 'del(.postgresql)' "$1") <(jq --sort-keys 'del(.postgresql)' "$2")
}
