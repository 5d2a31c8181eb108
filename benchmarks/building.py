"""A whole build, root file system and disk, against bare mmdebstrap and a bare disk of the same packages in this run.

Both get the packages from this machine's own archive. What ec2kit does besides: it customises, checks and cleans the
root, writes the manifest, makes all times and identifiers the same ones each time, puts in a loader for UEFI, and sums
the disk up. At most a quarter more CPU.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.child import took
from benchmarks.result import Result
from ec2kit.images.recipes.architectures import Architecture
from ec2kit.images.recipes.load import load_recipe
from ec2kit.images.root.ground import packages_of
from ec2kit.images.root.mirrors import parse_sources, read_sources, sources_for

RECIPE, ARCHITECTURE = "debian-12-minimal", Architecture.X86_64
SHARE = 1.25
PATH = "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin"
BARE = """
suite=$1 packages=$2; shift 2
mode=root; [ "$(id -u)" = 0 ] || mode=unshare
mmdebstrap --mode=$mode --variant=minbase --architectures=amd64 --format=tar --include="$packages" \\
    "$suite" root.tar "$@"
truncate -s 2G disk.raw
printf 'label: gpt\\nstart=2048, size=6144, type=21686148-6449-6E6F-744E-656564454649\\nstart=8192\\n' |
    sfdisk -q --no-reread --no-tell-kernel disk.raw
mkdir root
fakeroot sh -c 'tar -C root -xf root.tar && mke2fs -q -t ext4 -d root -E offset=4194304 disk.raw 2000000k'
grub-mkimage -O i386-pc -p /boot/grub -o core.img biosdisk part_gpt ext2 normal linux configfile
"""


@dataclass(frozen=True)
class _Cost:
    cpu_seconds: float
    seconds: float


def run() -> list[Result]:
    """CPU seconds of both, and how long they took."""
    with tempfile.TemporaryDirectory() as home:
        bare, own = _bare(Path(home)), _own(Path(home))
    told = f"bare {bare.cpu_seconds:.3g}, in {own.seconds:.3g} and {bare.seconds:.3g} s"
    return [
        Result(f"image build {RECIPE}, untested", own.cpu_seconds, "CPU s", told, bare.cpu_seconds * SHARE)
    ]


def _bare(home: Path) -> _Cost:
    recipe = load_recipe(RECIPE)
    sources = sources_for(recipe, parse_sources(read_sources()))
    packages = ",".join(packages_of(recipe, ARCHITECTURE))
    line = f"cd {home}\n{BARE}"
    return _cost(home, ("/bin/sh", "-ec", line, "bare", recipe.release.suite, packages, *sources))


def _own(home: Path) -> _Cost:
    words = ("ec2kit", "image", "build", RECIPE, "--arch", "amd64", "--no-boot-test", "--fresh")
    return _cost(home, (*words, "--file", str(home / "own.raw")))


def _cost(home: Path, words: tuple[str, ...]) -> _Cost:
    began = time.monotonic()
    settings = {"PATH": PATH, "EC2KIT_CACHE_DIR": str(home / "cache"), "TMPDIR": str(home)}
    cost = took(words, str(home), settings)
    return _Cost(cost.cpu_seconds, time.monotonic() - began)
