# Functions that say on stdout what is on the disks: a line each, which ec2kit.images.vendor.facts reads.
# /job/drivers has the kernel modules to look for, a line each.

# tell_partitions: `partition DEVICE TYPE root|-`. Volumes are read, and nothing of them is kept mounted.
tell_partitions() {
	mkdir -p /run/look
	for _look_disk in $(all_disks); do
		for _look_part in $(partitions "$_look_disk"); do
			_look_kind=$(tag "$_look_part" TYPE)
			_state=-
			case $_look_kind in
			ext2 | ext3 | ext4 | xfs) _subvolumes=/ ;;
			btrfs) _subvolumes='/ root @ @/.snapshots/1/snapshot' ;;
			*) _subvolumes= ;;
			esac
			for _subvolume in $_subvolumes; do
				if [ "$_subvolume" = / ]; then _option=; else _option=subvol=$_subvolume; fi
				mount_volume "$_look_part" /run/look ro "$_option" 2>/dev/null || continue
				! looks_like_root /run/look || _state=root
				umount /run/look
				[ "$_state" = - ] || break
			done
			echo "partition ${_look_part#/dev/} ${_look_kind:--} $_state"
		done
	done
}

# tell_system ROOT: what it is, what it can start with, and what is installed.
tell_system() {
	for _file in etc/os-release usr/lib/os-release; do
		if [ -f "$1/$_file" ]; then
			sed 's/^/os /' "$1/$_file"
			break
		fi
	done
	_tell_program "$1"
	# A link is enough: where it leads may be absolute, and so not from here.
	for _file in sbin/init usr/sbin/init bin/init; do _tell_have "$1" init $_file && break; done
	for _file in usr/bin/cloud-init usr/local/bin/cloud-init; do _tell_have "$1" cloud-init $_file && break; done
	for _file in usr/bin/growpart usr/sbin/growpart; do _tell_have "$1" growpart $_file && break; done
	_tell_have "$1" systemd usr/lib/systemd/systemd || _tell_have "$1" systemd lib/systemd/systemd || :
	if [ -e "$1/boot/grub/grub.cfg" ]; then _tell_have "$1" update-grub usr/sbin/update-grub || :; fi
	if in_root "$1" /bin/sh -c : 2>/dev/null; then echo 'have programs'; fi
	for _file in "$1/etc/cloud/cloud.cfg" "$1/etc/cloud/cloud.cfg.d/"*.cfg; do
		if [ -f "$_file" ]; then echo "cloud-config $(base64 <"$_file" | tr -d '\n')"; fi
	done
	_tell_packages "$1"
	for _top in lib/modules usr/lib/modules; do
		if [ "$_top" = lib/modules ] && [ -L "$1/lib" ]; then continue; fi
		for _modules in "$1/$_top/"*; do
			if [ -d "$_modules" ]; then _tell_kernel "$1" "$_modules"; fi
		done
	done
}

_tell_have() {
	{ [ -e "$1/$3" ] || [ -L "$1/$3" ]; } && echo "have $2"
}

# The first 20 bytes of a program say for which processor it is.
_tell_program() {
	for _file in usr/lib/systemd/systemd lib/systemd/systemd usr/bin/bash bin/bash usr/bin/busybox bin/busybox sbin/init; do
		if [ -f "$1/$_file" ] && [ ! -L "$1/$_file" ]; then
			echo "program $(head -c 20 "$1/$_file" | base64)"
			break
		fi
	done
}

_tell_packages() {
	if [ -f "$1/var/lib/dpkg/status" ]; then
		awk '
			/^Package: / { name = $2; kind = version = ""; installed = 0 }
			/^Status: / { installed = $NF == "installed" }
			/^Architecture: / { kind = $2 }
			/^Version: / { version = $2 }
			/^$/ { if (name != "" && installed) print "package " name "\t" kind "\t" version; name = "" }
			END { if (name != "" && installed) print "package " name "\t" kind "\t" version }
		' "$1/var/lib/dpkg/status"
		echo 'packages dpkg'
	# By its path: BusyBox has programs of these names itself, which its chroot would run.
	elif in_root "$1" /usr/bin/rpm --version >/dev/null 2>&1; then
		in_root "$1" /usr/bin/rpm -qa --qf 'package %{NAME}\t%{ARCH}\t%{VERSION}-%{RELEASE}\n'
		echo 'packages rpm'
	fi
}

_tell_kernel() {
	_version=${2##*/}
	_kernel=
	for _file in "boot/vmlinuz-$_version" "${2#"$1/"}/vmlinuz" "boot/Image-$_version"; do
		if [ -f "$1/$_file" ]; then
			_kernel=$_file
			break
		fi
	done
	_initrd=
	for _file in "boot/initrd.img-$_version" "boot/initramfs-$_version.img" "boot/initrd-$_version"; do
		if [ -f "$1/$_file" ]; then
			_initrd=$_file
			break
		fi
	done
	echo "kernel $_version ${_kernel:--} ${_initrd:--}"
	# Up to the flags of a boot sector of x86 (Linux, Documentation/arch/x86/boot.rst), which end at 0x238.
	if [ -n "$_kernel" ]; then echo "kernel-head $_version $(head -c 568 "$1/$_kernel" | base64 | tr -d '\n')"; fi
	for _driver in $(cat /job/drivers); do
		_pattern="/$(echo "$_driver" | sed 's/[-_]/[-_]/g')\.ko"
		if grep -q "$_pattern" "$2/modules.builtin" 2>/dev/null; then
			echo "driver $_version $_driver builtin"
		elif find "$2" -name "$(echo "$_driver" | sed 's/[-_]/[-_]/g').ko*" | grep -q .; then
			echo "driver $_version $_driver module"
		fi
	done
}

# tell_initrds ROOT: `initrd-driver VERSION NAME`, for initrds that the system's own programs can list.
tell_initrds() {
	for _initrd in "$1/boot/initrd.img-"* "$1/boot/initramfs-"*.img; do
		[ -f "$_initrd" ] || continue
		_version=${_initrd##*/initrd.img-}
		_version=${_version##*/initramfs-}
		_version=${_version%.img}
		if [ -e "$1/usr/bin/lsinitramfs" ]; then
			_lister=/usr/bin/lsinitramfs
		elif [ -e "$1/usr/bin/lsinitrd" ]; then
			_lister=/usr/bin/lsinitrd
		else
			continue
		fi
		in_root "$1" "$_lister" "${_initrd#"$1"}" >/run/initrd 2>/dev/null || continue
		echo "initrd-listed $_version"
		for _driver in $(cat /job/drivers); do
			if grep -q "/$(echo "$_driver" | sed 's/[-_]/[-_]/g')\.ko" /run/initrd; then
				echo "initrd-driver $_version $_driver"
			fi
		done
	done
}
