# The given places of a machine as a tar on stdout. /job/paths holds them relative to its root, each with a NUL.

mount_root /sysroot ro
mount_volumes /sysroot ro

xargs -0 dash -eu -c '
. /lib/prelude.sh
for place; do
	[ "$place" != . ] || continue
	while read -r target; do
		case /$place/ in
		"$target"/*) fail "/$place is on the volume of $target, which is not among the disks" ;;
		esac
	done </run/not-mounted
	above=/$place
	above=${above%/*}
	! leads_out /sysroot "$above" ||
		fail "the way to /$place leads over a symbolic link with an absolute target: ask for where that points"
	[ -e "/sysroot/$place" ] || [ -L "/sysroot/$place" ] || fail "there is no /$place on the disks"
done' check </job/paths

# POSIX: times to the nanosecond, names of any length and of any bytes, and the only format with ACLs and xattrs.
# What differs from one reading to the next is left out: when it was read, and the number of the process, which the newer
# ways of writing a file with holes have in a name.
# Records of 32 KiB: a port takes no more at once, and 10 KiB at a time are a third slower.
tar --create --file=- --directory=/sysroot --format=posix --acls --xattrs --sparse --sparse-version=0.0 \
	--numeric-owner --sort=name --blocking-factor=64 --pax-option='delete=atime,delete=ctime,exthdr.name=%d/PaxHeaders/%f' \
	--null --verbatim-files-from --files-from=/job/paths
