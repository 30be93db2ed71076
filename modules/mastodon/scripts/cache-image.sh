# shellcheck shell=bash
# The hard limit behind a cache's budget: a file system of its own in an image, of a fixed size.
# Nothing in it is dear: what cannot be repaired is made anew, and fetched again.
# COOP_IMAGE (the file), COOP_MOUNT (where), COOP_SIZE_MIB, COOP_UID (Mastodon's user and group in the
# container), COOP_ROOT (the container's root directory).
set -euo pipefail

make_image() {
  rm -f "$COOP_IMAGE"
  # Reserved as a whole, so that the host cannot fill up under a file system that counts on it.
  fallocate --length "${COOP_SIZE_MIB}MiB" "$COOP_IMAGE.partial"
  chmod 0600 "$COOP_IMAGE.partial"
  # Discarding would give the reserved blocks back.
  mkfs.ext4 -q -m 0 -E nodiscard -L coop-cache "$COOP_IMAGE.partial"
  mv "$COOP_IMAGE.partial" "$COOP_IMAGE"
}

# nspawn would make a missing mount point as somebody whom the container does not know, and Mastodon
# could not start. The owner of the root is 0 if ids are mapped by the mount, else the first of them.
make_mount_point() {
  local directory owner
  mkdir -p "$COOP_ROOT/var/lib"
  owner=$(($(stat --format=%u "$COOP_ROOT") + COOP_UID))
  directory=$COOP_ROOT/var/lib
  for part in mastodon public-system cache; do
    directory=$directory/$part
    if [ ! -e "$directory" ]; then
      mkdir "$directory"
      chown "$owner:$owner" "$directory"
    fi
  done
}

start() {
  local have wanted status=0
  mkdir -p "$(dirname "$COOP_IMAGE")" "$COOP_MOUNT"
  make_mount_point
  # Not by everybody on the host: the container's ids may be those of somebody else here.
  chmod 0700 "$(dirname "$COOP_MOUNT")"
  if mountpoint --quiet "$COOP_MOUNT"; then
    return
  fi
  rm -f "$COOP_IMAGE.partial"
  if [ -f "$COOP_IMAGE" ]; then
    e2fsck -f -p "$COOP_IMAGE" || status=$?
    if [ "$status" -ge 4 ]; then
      echo "The cache in $COOP_IMAGE is damaged beyond repair: it is made anew."
      make_image
    fi
  else
    echo "Making $COOP_IMAGE of $COOP_SIZE_MIB MiB."
    make_image
  fi
  have=$(($(stat --format=%s "$COOP_IMAGE") / 1048576))
  wanted=$COOP_SIZE_MIB
  if [ "$have" -lt "$wanted" ]; then
    echo "It grows from $have to $wanted MiB."
    fallocate --length "${wanted}MiB" "$COOP_IMAGE"
    resize2fs "$COOP_IMAGE"
  elif [ "$have" -gt "$wanted" ]; then
    if resize2fs "$COOP_IMAGE" "${wanted}M"; then
      echo "It shrank from $have to $wanted MiB."
      truncate --size="${wanted}M" "$COOP_IMAGE"
    else
      echo "It keeps its $have MiB until pruning has made it fit into $wanted." >&2
    fi
  fi
  mount -o loop,noatime,nodev,nosuid,noexec "$COOP_IMAGE" "$COOP_MOUNT"
  # Mastodon could not read it, and du would fail on it.
  rm -rf "$COOP_MOUNT/lost+found"
  chown "$COOP_UID:$COOP_UID" "$COOP_MOUNT"
  chmod 0755 "$COOP_MOUNT"
}

case ${1-} in
  start) start ;;
  stop) umount "$COOP_MOUNT" ;;
  *)
    echo "usage: cache-image.sh start|stop" >&2
    exit 2
    ;;
esac
