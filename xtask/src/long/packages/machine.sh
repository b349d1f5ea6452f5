#!/bin/sh
# machine.sh ROOT: starts the systemd of ROOT as the first process of a machine, in namespaces that were made for it. Nothing
# of this machine's kernel can be set from there, and nothing but the loopback network is there.
set -eu
root=$1
mount --make-rprivate /
mount --bind "$root" "$root"
mount -t proc -o nosuid,nodev,noexec none "$root/proc"
mount --bind "$root/proc/sys" "$root/proc/sys"
mount -o remount,bind,ro "$root/proc/sys"
mount -t sysfs -o ro none "$root/sys"
mount -t cgroup2 none "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=755 none "$root/dev"
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 none "$root/dev/pts"
mount -t tmpfs -o mode=1777 none "$root/dev/shm"
for device in null zero full random urandom tty; do
    touch "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
mount -t tmpfs -o mode=755 none "$root/run"
mount -t tmpfs -o mode=1777 none "$root/tmp"
echo debian > "$root/etc/hostname"
echo '127.0.0.1 localhost debian' > "$root/etc/hosts"
hostname debian
ip link set lo up
# Not chroot, because the kernel makes no user namespace there, and the unit asks for one.
cd "$root"
mkdir -p mnt/host
pivot_root . mnt/host
umount -l /mnt/host
# As a kernel's first process finds it. Without it, units get no credentials.
mount --make-rshared /
exec setpriv --bounding-set=-sys_module,-sys_time,-sys_boot,-sys_rawio,-syslog \
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin container=other /lib/systemd/systemd
