# shellcheck shell=bash
# What must follow a restore: the database speaks of other servers' media that are not there, and
# the home feeds are gone. COOP_MARK says what was lost; COOP_SEALED: nothing may be fetched.
set -euo pipefail
lost=$(cat "$COOP_MARK")
case $lost in
  everything)
    tootctl media remove --days=0
    tootctl preview_cards remove --days=0
    # Made again with the next post that uses them: a broken image would stay for ever.
    tootctl emoji purge --remote-only
    if [ -n "$COOP_SEALED" ]; then
      tootctl media remove --prune-profiles --include-follows --days=0
    else
      tootctl accounts refresh --all
    fi
    ;;
  # Some were pruned since the backup.
  attachments) tootctl media remove --days=0 ;;
  feeds) ;;
  *)
    echo "$COOP_MARK says '$lost', which means nothing." >&2
    exit 1
    ;;
esac
tootctl feeds build --all
rm "$COOP_MARK"
