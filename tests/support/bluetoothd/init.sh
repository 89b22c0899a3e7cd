#!/bin/busybox sh
# The guest's first process, in its first file system: makes the root of the machine outside, read-only, its own.
# Arguments: the program to go on with.
PATH=/bin
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t devtmpfs dev /dev
for module in /modules/*; do insmod "$module" || echo "not loaded: $module"; done

mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=512000,cache=loose root /root || exit
mount --move /proc /root/proc
mount --move /dev /root/dev
mount -t sysfs sysfs /root/sys
for folder in run var/lib/bluetooth; do mount -t tmpfs -o mode=755 tmpfs /root/$folder || exit; done

ip link set lo up
ip address add 10.0.2.15/24 dev eth0
ip link set eth0 up
exec chroot /root "$@"
