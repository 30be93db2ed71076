# shellcheck shell=bash
# Prints a link with which the first owner sets a password, once, within six hours. A newer link ends
# the older one. COOP_CONTAINER, COOP_OWNER.
set -euo pipefail

if ! systemctl --machine="$COOP_CONTAINER" start coop-owner.service; then
  echo "No link was made: nixos-container run $COOP_CONTAINER -- journalctl -u coop-owner -n 20" >&2
  exit 1
fi
echo "For $COOP_OWNER, once and within six hours:"
nixos-container run "$COOP_CONTAINER" -- cat /run/coop-owner/link
nixos-container run "$COOP_CONTAINER" -- rm -f /run/coop-owner/link
