# Functions for the scripts that run in the appliance. The disks are named in /etc/disks: a name, a serial.

# fail MESSAGE: end the script.
fail() {
	echo "$1" >&2
	exit 1
}

# all_disks: the disks' devices, in the order given.
all_disks() {
	while read -r _name _serial; do
		_device_of "$_serial"
	done </etc/disks
}

# disk NAME: the device of the disk with this name.
disk() {
	while read -r _name _serial; do
		if [ "$_name" = "$1" ]; then
			_device_of "$_serial"
			return
		fi
	done </etc/disks
	fail "there is no disk '$1'"
}

_device_of() {
	for _entry in /sys/block/vd*/serial; do
		if [ "$(cat "$_entry")" = "$1" ]; then
			_entry=${_entry%/serial}
			echo "/dev/${_entry##*/}"
			return
		fi
	done
	fail "the disk with serial '$1' did not come"
}

# partitions DEVICE: its partitions, or itself when it has none.
partitions() {
	_found=
	for _entry in "/sys/block/${1#/dev/}/${1#/dev/}"*; do
		[ -d "$_entry" ] || continue
		echo "/dev/${_entry##*/}"
		_found=yes
	done
	[ -n "$_found" ] || echo "$1"
}

# tag DEVICE NAME: what blkid says of it, such as TYPE or UUID; nothing when it says nothing.
tag() {
	blkid -c /dev/null -o value -s "$2" "$1" || :
}

# mount_volume DEVICE DIRECTORY ro|rw [OPTION,...]: mount it. The journal is replayed even for `ro`: a snapshot
# of a running machine is right only after that, and a disk that must not change has an overlay.
mount_volume() {
	_type=$(tag "$1" TYPE)
	_options=$3${4:+,$4}
	case $_type in
	ext2 | ext3 | ext4) _type=ext4 ;;
	# Two snapshots of one volume have one UUID.
	xfs) _options=$_options,nouuid ;;
	btrfs | vfat) ;;
	*) return 1 ;;
	esac
	mount -t "$_type" -o "$_options" "$1" "$2"
}

# looks_like_root DIRECTORY: whether a system lives here.
looks_like_root() {
	[ -d "$1/etc" ] && { [ -d "$1/usr" ] || [ -d "$1/bin" ]; } &&
		{ [ -e "$1/etc/passwd" ] || [ -e "$1/etc/fstab" ] || [ -L "$1/etc/os-release" ] || [ -e "$1/etc/os-release" ]; }
}

# mount_root DIRECTORY ro|rw [DISK]: find the root file system on the disks, or that one, and mount it.
mount_root() {
	mkdir -p "$1"
	if [ $# -gt 2 ]; then _disks=$(disk "$3"); else _disks=$(all_disks); fi
	_seen=
	for _disk in $_disks; do
		for _part in $(partitions "$_disk"); do
			_kind=$(tag "$_part" TYPE)
			_seen="$_seen ${_kind:-nothing}"
			case $_kind in
			ext2 | ext3 | ext4 | xfs) _subvolumes=/ ;;
			btrfs) _subvolumes='/ root @ @/.snapshots/1/snapshot' ;;
			*) continue ;;
			esac
			for _subvolume in $_subvolumes; do
				if [ "$_subvolume" = / ]; then _option=; else _option=subvol=$_subvolume; fi
				mount_volume "$_part" "$1" "$2" "$_option" 2>/run/mount-errors || continue
				if looks_like_root "$1"; then
					ROOT_DEVICE=$_part
					return
				fi
				umount "$1"
			done
		done
	done
	[ ! -s /run/mount-errors ] || cat /run/mount-errors >&2
	fail "no root file system was found; the disks hold:${_seen:- nothing}"
}

# find_device SPEC: the device that a line of an fstab means; nothing when it is not here.
find_device() {
	case $1 in
	UUID=* | LABEL=* | PARTUUID=* | PARTLABEL=*) _by=${1%%=*} _value=${1#*=} ;;
	/dev/disk/by-uuid/*) _by=UUID _value=${1##*/} ;;
	/dev/disk/by-label/*) _by=LABEL _value=${1##*/} ;;
	/dev/disk/by-partuuid/*) _by=PARTUUID _value=${1##*/} ;;
	/dev/disk/by-partlabel/*) _by=PARTLABEL _value=${1##*/} ;;
	/dev/*) _find_by_name "${1#/dev/}" && return || return 0 ;;
	*) return 0 ;;
	esac
	_value=$(echo "$_value" | tr -d '"')
	for _disk in $(all_disks); do
		for _part in $(partitions "$_disk"); do
			if [ "$(tag "$_part" "$_by")" = "$_value" ]; then
				echo "$_part"
				return
			fi
		done
	done
}

# Xen calls a disk xvdf that was attached as sdf, and /dev/xvdf1 is its first partition.
_find_by_name() {
	_wanted=$(echo "$1" | sed 's/^xvd/sd/')
	while read -r _name _serial; do
		_name=$(echo "$_name" | sed 's/^xvd/sd/')
		_number=${_wanted#"$_name"}
		[ "$_wanted" = "$_name$_number" ] || continue
		case $_number in *[!0-9]*) continue ;; esac
		_part=$(_device_of "$_serial")$_number
		if [ -b "$_part" ]; then
			echo "$_part"
			return
		fi
	done </etc/disks
}

# mount_volumes DIRECTORY ro|rw: mount what the root's fstab names and the disks have. What is not here is
# written to /run/not-mounted, one target a line.
mount_volumes() {
	: >/run/not-mounted
	[ -e "$1/etc/fstab" ] || return 0
	grep -v '^[[:space:]]*#' "$1/etc/fstab" >/run/fstab || :
	while read -r _spec _target _kind _opts _rest; do
		# What is mounted by hand was not there either.
		case ,$_opts, in *,noauto,*) continue ;; esac
		case $_target in / | /proc | /proc/* | /sys | /sys/* | /dev | /dev/* | '' | [!/]*) continue ;; esac
		case $_kind in ext2 | ext3 | ext4 | xfs | btrfs | vfat | auto) _device=$(find_device "$_spec") ;;
		swap | proc | sysfs | tmpfs | devpts | none) continue ;;
		*) _device= ;;
		esac
		_subvolume=$(echo ",$_opts," | sed -n 's/.*,\(subvol=[^,]*\),.*/\1/p')
		_where=$(inside "$1" "$(printf '%b' "$_target")") || _where=
		if [ -z "$_device" ] || [ ! -d "$_where" ] || ! mount_volume "$_device" "$_where" "$2" "$_subvolume"; then
			echo "$_target" >>/run/not-mounted
			echo "not mounted: $_target ($_spec)" >&2
		fi
	done </run/fstab
}

# inside ROOT PATH: ROOT/PATH if no symbolic link on the way leads out of ROOT.
inside() {
	_real=$(realpath "$1$2" 2>/dev/null) || return 1
	case $_real/ in "$1"/*) echo "$_real" ;; *) return 1 ;; esac
}

# leads_out ROOT PATH: whether PATH, seen in ROOT, goes over a symbolic link that would be followed outside of it.
leads_out() {
	_prefix=$1 _rest=$2/
	while [ -n "$_rest" ]; do
		_prefix=$_prefix/${_rest%%/*} _rest=${_rest#*/}
		[ -L "$_prefix" ] || continue
		case $(readlink "$_prefix") in /*) return 0 ;; esac
	done
	_real=$(realpath "$1$2" 2>/dev/null) || return 1
	case $_real/ in "$1"/*) return 1 ;; esac
}

# in_root DIRECTORY COMMAND...: run a program of the machine itself, with its own root.
in_root() {
	_root=$1
	shift
	for _name in proc sys dev; do
		[ -d "$_root/$_name" ] || continue
		grep -q " $_root/$_name " /proc/mounts || mount --bind "/$_name" "$_root/$_name"
	done
	chroot "$_root" "$@"
}

# leave_no_trace DIRECTORY: give free blocks back, so that what was deleted is in no copy of the disk.
leave_no_trace() {
	sync
	fstrim "$1"
}
