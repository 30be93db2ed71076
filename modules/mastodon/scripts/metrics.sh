# shellcheck shell=bash
# Metrics for the node exporter's text files: whole or not there at all, with the last success kept.

# The value of a metric in its file, or nothing.
metric_of() { # FILE METRIC
  [ ! -f "$1" ] || sed -n "s/^$2{[^}]*} \([0-9.]*\)\$/\1/p" "$1"
}

# Replaces a file of metrics by standard input.
write_metrics() { # FILE
  mkdir -p "$(dirname "$1")"
  cat >"$1.partial"
  chmod 0644 "$1.partial"
  mv "$1.partial" "$1"
}

# Says that a job ran, when, and when it last went well.
report_job() { # FILE JOB INSTANCE STATUS; further metrics on standard input
  local now success last more
  now=$(date +%s)
  success=0
  last=$(metric_of "$1" "coop_$2_last_success_timestamp_seconds")
  if [ "$4" -eq 0 ]; then
    success=1
    last=$now
  fi
  more=$(cat)
  {
    echo "coop_$2_success{instance=\"$3\"} $success"
    echo "coop_$2_last_run_timestamp_seconds{instance=\"$3\"} $now"
    echo "coop_$2_last_success_timestamp_seconds{instance=\"$3\"} ${last:-0}"
    [ -z "$more" ] || printf '%s\n' "$more"
  } | write_metrics "$1"
}
