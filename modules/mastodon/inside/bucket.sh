# shellcheck shell=bash
# Makes the environment file with the bucket's keys from two credentials.
# CREDENTIALS_DIRECTORY, COOP_ENVIRONMENT (the file).
set -euo pipefail
umask 027

# systemd and a shell read the file: nothing but what keys are made of gets in.
key() { # CREDENTIAL
  local value
  value=$(cat "$CREDENTIALS_DIRECTORY/$1")
  if ! [[ $value =~ ^[A-Za-z0-9/+=_-]+$ ]]; then
    echo "The secret for $1 is empty or has a character that a bucket's key cannot have." >&2
    return 1
  fi
  printf '%s' "$value"
}
access=$(key bucket-access)
secret=$(key bucket-secret)
printf 'AWS_ACCESS_KEY_ID=%s\nAWS_SECRET_ACCESS_KEY=%s\n' "$access" "$secret" >"$COOP_ENVIRONMENT.partial"
mv "$COOP_ENVIRONMENT.partial" "$COOP_ENVIRONMENT"
