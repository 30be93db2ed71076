# shellcheck shell=bash
# In the maintenance window: restarts the host if its kernel has changed, unless that would cut off
# something that must run to its end. The next window comes.
# COOP_BOOTED, COOP_CURRENT (the kernels), COOP_LOCKS (of backups and restores).
set -euo pipefail

if [ "$(readlink -f "$COOP_BOOTED")" = "$(readlink -f "$COOP_CURRENT")" ]; then
  exit 0
fi
later() {
  echo "The kernel has changed, and the host restarts in the next window: $1"
  exit 0
}
# Its first start after an upgrade migrates the database.
starting=$(systemctl list-units --plain --no-legend --state=activating 'container@*.service' | cut -d' ' -f1)
[ -z "$starting" ] || later "$starting is starting, and may be migrating."
for lock in "$COOP_LOCKS"/*.lock; do
  [ ! -e "$lock" ] || flock --nonblock "$lock" true || later "a backup or a restore is under way ($lock)."
done
systemctl reboot
