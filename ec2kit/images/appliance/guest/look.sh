# Say what is on the disks, and when there is one root file system, what lives in it.

tell_partitions >/run/partitions
cat /run/partitions
[ "$(grep -c ' root$' /run/partitions)" = 1 ] || exit 0
# For writing, onto the disk's overlay: rpm wants to lock its database.
mount_root /sysroot rw
mount_volumes /sysroot rw
tell_system /sysroot
