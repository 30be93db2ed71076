# shellcheck shell=bash
# Prunes other servers' media: by age, and more and more strictly while over the budget.
# COOP_INSTANCE, COOP_KEEP_DAYS, COOP_BUDGET_KIB (empty: no budget), COOP_MEDIA (disk or bucket),
# COOP_CACHE (public-system/cache), COOP_SIZE (cache.sql), COOP_ORPHANS_EVERY_DAYS, COOP_STATE,
# COOP_METRICS_FILE, COOP_LIBRARY.
set -euo pipefail
# shellcheck source=../scripts/metrics.sh
. "$COOP_LIBRARY"

size() {
  if [ "$COOP_MEDIA" = bucket ]; then
    psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 --file="$COOP_SIZE"
  elif [ -d "$COOP_CACHE" ]; then
    du --summarize --block-size=1K "$COOP_CACHE" | cut -f1
  else
    echo 0
  fi
}
gib() { awk -v kib="$1" 'BEGIN { printf "%.1f GiB", kib / 1048576 }'; }
over() { [ -n "$COOP_BUDGET_KIB" ] && [ "$(size)" -gt "$COOP_BUDGET_KIB" ]; }

days=$COOP_KEEP_DAYS
report() {
  local status=$? kib over=0
  # The numbers are for people who look why it failed: they must not make it fail.
  kib=$(size) || kib=0
  [ -z "$COOP_BUDGET_KIB" ] || [ "$kib" -le "$COOP_BUDGET_KIB" ] || over=1
  {
    echo "coop_cache_bytes{instance=\"$COOP_INSTANCE\"} $((kib * 1024))"
    echo "coop_cache_days{instance=\"$COOP_INSTANCE\"} $days"
    if [ -n "$COOP_BUDGET_KIB" ]; then
      echo "coop_cache_budget_bytes{instance=\"$COOP_INSTANCE\"} $((COOP_BUDGET_KIB * 1024))"
      echo "coop_cache_over_budget{instance=\"$COOP_INSTANCE\"} $over"
    fi
  } | report_job "$COOP_METRICS_FILE" cache "$COOP_INSTANCE" "$status"
}
trap report EXIT

# Attachments and profiles exclude each other in one call.
prune() { # DAYS [OPTION]
  tootctl media remove --days="$1"
  tootctl media remove --prune-profiles --days="$1" ${2+"$2"}
}

prune "$days"
# Cards come back only when a link is posted again after a fortnight: below that they would vanish
# from posts that people still read, so no budget makes this stricter.
tootctl preview_cards remove --days=$((days > 14 ? days : 14))

# Only in the cache: a scan of everything would take own media for orphans where the database has
# been restored to an earlier day. It reads every file or lists every object, so not each time.
mark=$COOP_STATE/orphans-removed
if [ -z "$(find "$mark" -mtime "-$COOP_ORPHANS_EVERY_DAYS" 2>/dev/null)" ]; then
  if [ "$COOP_MEDIA" = bucket ] || [ -d "$COOP_CACHE" ]; then
    tootctl media remove-orphans --prefix=cache
    touch "$mark"
  fi
fi

while over && [ "$days" -gt 0 ]; do
  days=$((days / 2))
  echo "The cache has $(gib "$(size)"), over its budget of $(gib "$COOP_BUDGET_KIB"): keeping $days days only"
  prune "$days"
done
if over; then
  echo "The cache is still over its budget: profile pictures of people who are followed go, too"
  prune 0 --include-follows
fi
if over; then
  echo "The cache has $(gib "$(size)") and everything that can go is gone: raise the budget of $(gib "$COOP_BUDGET_KIB")." >&2
  exit 1
fi
