"""The tools of `image build` as they can be stopped: some stand-ins, some real, each told which call to pause at.

Every tool writes its name down when it is called. The one whose turn it is then stands still, before its work or in the
midst of it, with a child of its own that stands still too, until somebody kills it.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.images.roots import tiny_root
from tests.support.mmdebstrap import READ_WORDS, WRITE_FACTS
from tests.support.processes import CLOCK, LOOKS

REAL = ("sfdisk", "fakeroot", "debugfs", "grub-mkimage", "mformat", "mmd", "mcopy", "qemu-img")
"""What is quick enough to be itself."""
BEGUN, HALF_DONE = "begun", "half done"
STOPS = (BEGUN, HALF_DONE)

PAUSING = r"""#!/bin/sh
# Stands for NAME: says that it was called, and stops when it is its turn.
echo NAME >>"$SHED/calls"
turn() {
    [ "$(cat "$SHED/turn" 2>/dev/null)" = "$(wc -l <"$SHED/calls") $1" ] || return 0
    sleep 3600 &
    mv "$SHED/turn" "$SHED/taken"
    echo $$ >"$SHED/paused"
    wait
}
turn begun
"""
ITSELF = """
PATH=${PATH#*:} NAME "$@"
code=$?
turn 'half done'
exit $code
"""
MMDEBSTRAP = (
    READ_WORDS
    + r"""{ echo 'I: running apt-get update...'; echo 'I: creating tarball...'; } >"$log"
head -c 5000 "$SHED/root.tar" >"$tar"
turn 'half done'
cp "$SHED/root.tar" "$tar"
"""
    + WRITE_FACTS
    + r"""rm -r "$TMPDIR/mmdebstrap.x"
"""
)
QEMU = r"""
for word; do
    case $word in user,*) forwarder=${word#*-cmd:} ;; esac
done
printf 'SeaBIOS\r\n'
turn 'half done'
printf 'GET /latest/meta-data/instance-id HTTP/1.0\r\n\r\n' | sh -c "$forwarder" >/dev/null
printf 'ip-172-31-0-15 login: \r\n'
printf 'ec2kit-boot-test: hostname=ip-172-31-0-15 root_kib=9999999 end\r\n'
printf 'Cloud-init v. 22.4 finished at now. Datasource DataSourceEc2. Up 9 seconds\r\n'
exec sleep 3600
"""
STANDING_IN = {"mmdebstrap": MMDEBSTRAP, "qemu-system-x86_64": QEMU}
RECIPE = "extends: debian-12-minimal\nsize: 1\nmirror: http://one.example/debian\n"


@dataclass(frozen=True)
class Shed:
    """The tools in a home directory; `mine.yaml` is the recipe that is built with them."""

    home: Path

    @property
    def directory(self) -> Path:
        return self.home / "shed"

    @property
    def bin(self) -> Path:
        """What comes first on the PATH."""
        return self.directory / "bin"

    def furnish(self) -> None:
        """Put everything there."""
        self.bin.mkdir(parents=True)
        (self.home / "tmp").mkdir()
        (self.home / "mine.yaml").write_text(RECIPE)
        tiny_root(self.directory / "root.tar")
        for name, work in {**dict.fromkeys(REAL, ITSELF), **STANDING_IN}.items():
            if name in STANDING_IN or shutil.which(name, path="/usr/bin:/bin:/usr/sbin:/sbin"):
                tool = self.bin / name
                tool.write_text((PAUSING + work).replace("NAME", name))
                tool.chmod(0o755)

    @property
    def audited(self) -> Path:
        """What a command did to files, when it was audited."""
        return self.directory / "audited"

    def calls(self) -> list[str]:
        """The tools that were called so far."""
        calls = self.directory / "calls"
        return calls.read_text().split() if calls.exists() else []

    def stop_at(self, number: int, stop: str) -> Path:
        """Have the `number`th call stop; returns the file in which its process then writes its id."""
        (self.directory / "turn").write_text(f"{number} {stop}\n")
        return self.directory / "paused"

    def environ(self) -> dict[str, str]:
        """What differs from a shell without them."""
        return {
            "PATH": f"{self.bin}:{os.environ['PATH']}:/usr/sbin:/sbin",
            "HOME": str(self.home),
            "SHED": str(self.directory),
            "AUDITED": str(self.audited),
            "TMPDIR": str(self.home / "tmp"),
            "EC2KIT_CACHE_DIR": str(self.home / "cache"),
            "SOURCE_DATE_EPOCH": "1767225600",
        }

    def left(self) -> dict[str, int]:
        """Every file in the home directory that is not the tools' or the state's, and its size."""
        files = [path for path in self.home.rglob("*") if path.is_file()]
        # How long the boots took is in a manifest.
        kept = {
            path.relative_to(self.home): 0 if path.suffix == ".json" else path.stat().st_size
            for path in files
        }
        return {
            str(path): size for path, size in kept.items() if path.parts[0] not in ("shed", "state", "run")
        }

    def living(self) -> list[str]:
        """The processes that have these tools in their environment, by what they are."""
        mark = f"SHED={self.directory}\0".encode()
        found = []
        for process in Path("/proc").iterdir():
            # Those of others, and those that end as we look, cannot be read.
            with suppress(OSError):
                if process.name.isdigit() and mark in (process / "environ").read_bytes():
                    found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        return found

    def all_ended(self) -> bool:
        """Whether none of them lives, soon."""
        for _ in range(LOOKS):
            if not self.living():
                return True
            CLOCK.sleep(0.1)
        return False
