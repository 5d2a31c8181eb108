# Run those of /job/customise and /job/loader that are there inside the machine's root, say what came of it, and clean
# it with /job/clean.

# link_disks: what udev would make: without it GRUB's configuration gets the names that disks have here.
link_disks() {
	for _part in $(for _disk in $(all_disks); do partitions "$_disk"; done); do
		for _by in UUID PARTUUID LABEL; do
			_value=$(tag "$_part" "$_by")
			_links=/dev/disk/by-$(echo "$_by" | tr 'A-Z' 'a-z')
			case $_value in '' | */*) continue ;; esac
			mkdir -p "$_links"
			ln -sf "$_part" "$_links/$_value"
		done
	done
}

# inside_root SCRIPT: what it says goes to the log: stdout is for facts.
inside_root() {
	[ -e "/job/$1" ] || return 0
	cp "/job/$1" /sysroot/.ec2kit-script
	in_root /sysroot /bin/sh /.ec2kit-script </dev/null >&2
	rm -f /sysroot/.ec2kit-script
}

# relabel: what was written here has no SELinux label, and such a file can be read by nobody.
relabel() {
	grep -q '^SELINUX=\(enforcing\|permissive\)' /sysroot/etc/selinux/config 2>/dev/null || return 0
	_policy=$(sed -n 's/^SELINUXTYPE=//p' /sysroot/etc/selinux/config)
	_contexts=/etc/selinux/${_policy:-targeted}/contexts/files/file_contexts
	if ! in_root /sysroot /usr/sbin/setfiles -F -e /proc -e /sys -e /dev "$_contexts" / >&2; then
		echo 'the files could not be labelled for SELinux: the first boot does it' >&2
		: >/sysroot/.autorelabel
	fi
}

mount_root /sysroot rw
mount_volumes /sysroot rw
link_disks
mounted=$(awk '$2 ~ "^/sysroot" && $1 ~ "^/dev/vd" { print $2 }' /proc/mounts)
inside_root customise
inside_root loader
echo "partition ${ROOT_DEVICE#/dev/} $(tag "$ROOT_DEVICE" TYPE) root"
tell_system /sysroot
tell_initrds /sysroot
# In a shell of its own, with the root as its argument: it may say `exit 0`.
(set -- /sysroot && . /job/clean)
relabel
for target in $mounted; do
	# A FAT has nothing to give back.
	leave_no_trace "$(printf '%b' "$target")" || echo "not trimmed: $target" >&2
done
