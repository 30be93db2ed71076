# shellcheck shell=bash
# Gives nginx the password files of staging copies. One that is missing closes that copy, and
# nothing else: nginx refuses every request to it.
# COOP_FILES (name=path, separated by spaces), COOP_TARGET.
set -euo pipefail
for pair in $COOP_FILES; do
  name=${pair%%=*}
  path=${pair#*=}
  if [ ! -s "$path" ]; then
    rm -f "$COOP_TARGET/$name"
    echo "The staging copy $name stays closed: $path is missing. Make it with: htpasswd -nB NAME" >&2
    continue
  fi
  install --mode=0440 --group=nginx "$path" "$COOP_TARGET/$name"
done
