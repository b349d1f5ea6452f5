#!/bin/sh
# container.sh ROOT VOLUME PLACE USER WORDS: what a container engine does with an image, in namespaces that were made for
# it. VOLUME is mounted at PLACE, ROOT is read-only, and the program of WORDS is the first process of the container, without
# any privilege.
set -eu
root=$1 volume=$2 place=$3 user=$4
shift 4
mount --make-rprivate /
mount --bind "$root" "$root"
mount --bind "$volume" "$root$place"
mount -t tmpfs -o mode=755,nosuid none "$root/dev"
for device in null zero full random urandom; do
    touch "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
mount -t proc -o nosuid,nodev,noexec none "$root/proc"
mount -o remount,bind,ro "$root"
ip link set lo up
exec setpriv --no-new-privs --bounding-set=-all,+setuid,+setgid,+sys_chroot \
    chroot --userspec="$user:$user" --groups= "$root" "$@"
