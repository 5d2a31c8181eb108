"""What is done on a disk that has no room for it; run as `python -m tests.images.full_disk CASE HOME SMALL`.

SMALL is a file system of 8 MiB that only this process sees. It prints what was said, and what was left, as JSON.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable
from pathlib import Path

from ec2kit.aws.blocks import BLOCK_BYTES
from ec2kit.errors import Ec2kitError
from ec2kit.host.processes import run
from ec2kit.images.disk.assemble import assemble
from ec2kit.images.disk.spec import MIB, DiskSpec
from tests.cli.screens import Screen, Shell
from tests.images.bundles.ground import DEVICE, SHELF, attach, write_disk
from tests.images.roots import tiny_root
from tests.sandbox.seeded import Seeded

LARGE = 12 * MIB
"""Bytes that cannot be compressed, and have no room."""


def make_a_disk(home: Path, small: Path) -> dict[str, object]:
    """The root is unpacked, and then there is no room for the disk."""
    root = tiny_root(home / "root.tar", padding=5 * MIB)
    try:
        assemble(root, small / "disk.raw", DiskSpec("x86_64", 80 * MIB, 0))
    except Ec2kitError as error:
        return {"exit": 1, "said": f"error: {error.message}\nhint: {error.hint}"}
    return {"exit": 0}


def bring_in(home: Path, small: Path) -> dict[str, object]:
    """A disk of another format is converted in the cache."""
    (home / "cache").symlink_to(small)
    disk(home / "disk.raw")
    run(["qemu-img", "convert", "-O", "qcow2", str(home / "disk.raw"), str(home / "disk.qcow2")], 60)
    sandbox = Seeded()
    shell = Shell(home, sandbox)
    return ended(shell.run("image import disk.qcow2 --name web --no-boot-test"), sandbox)


def begin_with_a_full_state(home: Path, small: Path) -> dict[str, object]:
    """Nothing can be written down any more."""
    (home / "state").symlink_to(small)
    disk(home / "disk.raw")
    sandbox = Seeded()
    fill(small)
    return ended(Shell(home, sandbox).run("image import disk.raw --name web --no-boot-test"), sandbox)


def take_out(home: Path, small: Path) -> dict[str, object]:
    """An image is written to a file."""
    disk(home / "disk.raw")
    sandbox = Seeded()
    shell = Shell(home, sandbox)
    assert shell.run("image import disk.raw --name web --no-boot-test").exit == 0
    return ended(shell.run(f"image export web {small}/out.raw"), sandbox)


def restore(home: Path, small: Path) -> dict[str, object]:
    """A bundle becomes a file."""
    sandbox = Seeded()
    sandbox.tick(600)
    attach(sandbox, write_disk(home / "raw"))
    shell = Shell(home, sandbox)
    assert shell.run(f"bundle create web-1 {SHELF} --volume {DEVICE}").exit == 0
    return ended(shell.run(f"bundle restore {SHELF}/web-1 --to {small}/out"), sandbox)


CASES: dict[str, Callable[[Path, Path], dict[str, object]]] = {
    each.__name__: each for each in (make_a_disk, bring_in, begin_with_a_full_state, take_out, restore)
}


def disk(path: Path) -> None:
    """One that BIOS can start."""
    data = bytearray(random.Random(7).randbytes(LARGE))
    data[510:512] = b"\x55\xaa"
    path.write_bytes(bytes(data))
    assert len(data) % BLOCK_BYTES == 0


def fill(small: Path) -> None:
    """To the last byte."""
    try:
        with (small / "ballast").open("wb", buffering=0) as file:
            while file.write(bytes(4096)):
                continue
    except OSError:
        return


def ended(screen: Screen, sandbox: Seeded) -> dict[str, object]:
    """What came of a command, and what of it there is in AWS."""
    images = sandbox.ec2.describe_images(Filters=[{"Name": "name", "Values": ["web"]}])["Images"]
    uploads = sandbox.ec2.describe_snapshots(Filters=[{"Name": "volume-id", "Values": ["vol-ffffffff"]}])
    return {
        "exit": screen.exit,
        "said": screen.stderr,
        "images": len(images),
        "uploads": len(uploads["Snapshots"]),
    }


if __name__ == "__main__":
    home, small = Path(sys.argv[2]), Path(sys.argv[3])
    told = CASES[sys.argv[1]](home, small)
    left = [path for path in small.rglob("*") if path.is_file() and path.name != "ballast"]
    told["left"] = sorted(str(path.relative_to(small)) for path in left)
    sys.stdout.write(json.dumps(told))
