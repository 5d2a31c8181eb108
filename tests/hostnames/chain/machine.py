"""A machine without a kernel of its own: a root of the image builder, and its cloud-init, in namespaces."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.hostnames.chain.network import Network
from tests.hostnames.chain.town import ADDRESS, Instance

STAGES = {
    "local": "cloud-init init --local",
    "network": "cloud-init init",
    "config": "cloud-init modules --mode=config",
    "final": "cloud-init modules --mode=final",
}
UUID = "ec2f1a2b-3c4d-4e5f-8a9b-0c1d2e3f4a5b"
"""A board of EC2's begins so (EC2 user guide, "Identify EC2 instances")."""
NOT_HERE = """\
# A root that is a directory: nothing to grow, and no card to set up.
growpart: {mode: 'off'}
resize_rootfs: false
disk_setup: {}
network: {config: disabled}
"""
GROUND = r"""
set -eu
root=$1/root
mkdir -p "$root" "$1/run" "$1/work"
mount -t overlay none -o "lowerdir=$3,upperdir=$1/disk,workdir=$1/work" "$root"
mount -t proc none "$root/proc"
mount --bind "$1/run" "$root/run"
mount -t tmpfs none "$root/sys"
mkdir -p "$root/sys/class/dmi/id"
echo "$4" > "$root/sys/class/dmi/id/product_uuid"
echo "$4" > "$root/sys/class/dmi/id/product_serial"
echo "$2" > "$root/sys/class/dmi/id/board_asset_tag"
mount -t tmpfs none "$root/dev"
for each in null:3 zero:5 full:7 random:8 urandom:9; do
    mknod -m 666 "$root/dev/${each%:*}" c 1 "${each#*:}"
done
# A pipe, because a file would begin anew whenever somebody opens it to write.
mkfifo "$root/dev/console"
cat <> "$root/dev/console" >> "$1/console" 2> /dev/null &
hostname "$(cat "$root/etc/hostname" 2> /dev/null || echo localhost)"
exec chroot "$root" /bin/sh -c "$5"
"""


@dataclass
class Machine:
    """An instance with a disk (what it wrote over its image) that can be booted. `base` is the image's root."""

    instance: Instance
    directory: Path
    base: Path
    network: Network

    def __post_init__(self) -> None:
        self.disk.mkdir(parents=True, exist_ok=True)
        self._write("etc/cloud/cloud.cfg.d/99_namespaces.cfg", NOT_HERE)
        # Over TCP, since that is what is passed on.
        self._write("etc/resolv.conf", f"nameserver {ADDRESS}\noptions use-vc\n")
        (self.directory / "console").touch()

    @property
    def disk(self) -> Path:
        """What it wrote."""
        return self.directory / "disk"

    @property
    def console(self) -> str:
        """What was said on its console, in all boots."""
        return (self.directory / "console").read_text()

    def boot(self) -> dict[str, str]:
        """Run cloud-init as systemd does; return what `hostname -f` was after each of its stages."""
        shutil.rmtree(self.directory / "run", ignore_errors=True)
        lines = [
            f"{command} >> /run/stages 2>&1 || :; echo {name} $(hostname -f || hostname)"
            for name, command in STAGES.items()
        ]
        done = self.run("\n".join(lines))
        return dict(line.split(maxsplit=1) for line in done.stdout.splitlines())

    def run(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run something in the machine, as it was left by its boot."""
        isolated = [
            "unshare",
            "--uts",
            "--mount",
            "--pid",
            "--fork",
            "--kill-child",
            "sh",
            "-c",
            GROUND,
            "sh",
        ]
        told = [str(self.directory), self.instance.id, str(self.base), UUID, script]

        def start() -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                [*isolated, *told],
                env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "HOME": "/root"},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=280,
                check=False,
            )

        return self.network.inside(start)

    def read(self, path: str) -> str:
        """A file that it wrote."""
        return (self.disk / path).read_text()

    def has(self, path: str) -> bool:
        """Whether it wrote such a file."""
        return (self.disk / path).is_file()

    @property
    def said(self) -> str:
        """What its cloud-init said, for a test that fails."""
        log = self.disk / "var/log/cloud-init-output.log"
        told = [
            path.read_text("utf-8", "replace")
            for path in (log, self.directory / "run/stages")
            if path.exists()
        ]
        return self.console + "".join(told)[-12000:]

    def _write(self, path: str, text: str) -> None:
        (self.disk / path).parent.mkdir(parents=True, exist_ok=True)
        (self.disk / path).write_text(text)
