"""A machine with a small volume whose every byte is known, and a stand-in for the appliance."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ec2kit.objects.sending import Takes
from ec2kit.objects.sources import Disk
from ec2kit.sandbox.disks import put_volume
from tests.cli.screens import Screen, Shell
from tests.sandbox.seeded import Seeded

MIB = 1 << 20
DEVICE, LIGHT = "/dev/sdg", "/dev/sdh"
"""A volume whose object has several parts, and one with next to nothing on it."""
SHELF = "s3://backups/m"
DATA = ((0, 3 * MIB), (40 * MIB, 12 * MIB), (700 * MIB, 8 * MIB))
"""Where the disk has data: they cannot be compressed, and make three parts."""
FEW = ((0, 1000), (500 * MIB, 100_000))


def write_disk(path: Path, data: Sequence[tuple[int, int]] = DATA, size_gib: int = 1) -> Path:
    """A disk with data here and there."""
    chance = random.Random(7)
    with path.open("wb") as file:
        file.truncate(size_gib << 30)
        for at, length in data:
            file.seek(at)
            file.write(chance.randbytes(length))
    return path


def attach(sandbox: Seeded, disk: Path, device: str = DEVICE) -> str:
    """Give web-1 another volume, with this disk on it; its id."""
    size_gib = disk.stat().st_size >> 30
    made = sandbox.ec2.create_volume(AvailabilityZone="eu-west-1a", Size=size_gib)
    volume: str = made["VolumeId"]
    sandbox.tick(60)
    sandbox.ec2.attach_volume(VolumeId=volume, InstanceId=sandbox.id("web-1"), Device=device)
    sandbox.tick(60)
    put_volume(sandbox.app, volume, disk)
    return volume


def tar_of(tree: Path, paths: Sequence[str], out: Takes) -> None:
    """What the appliance does, with the tar of this machine."""
    names = sorted(path.lstrip("/") for path in paths)
    keep = [
        "--format=posix",
        "--acls",
        "--xattrs",
        "--sparse",
        "--sparse-version=0.0",
        "--numeric-owner",
        "--sort=name",
    ]
    plain = "--pax-option=delete=atime,delete=ctime,exthdr.name=%d/PaxHeaders/%f"
    done = subprocess.run(
        ["tar", "--create", "--file=-", f"--directory={tree}", *keep, plain, *names],
        capture_output=True,
        check=True,
    )
    out.write(done.stdout)


class Tree:
    """Reads directories off a tree in this file system, whatever the disks."""

    def __init__(self, top: Path) -> None:
        self.top = top
        self.disks: list[str] = []

    def __call__(self, disks: Sequence[Disk], paths: Sequence[str], out: Takes, /) -> Sequence[str]:
        """As `ReadsDirectories`."""
        self.disks = [disk.name for disk in disks]
        tar_of(self.top, paths, out)
        return ["/srv/absent"]


def bundle_of(shell: Shell, options: str = f"--volume {DEVICE}", shelf: str = SHELF) -> str:
    """Make a bundle of web-1; its URL."""
    screen: Screen = shell.run(f"bundle create web-1 {shelf} {options}")
    assert screen.exit == 0, screen
    return screen.stdout.split("\t")[0]


def is_same(one: Path, other: Path) -> bool:
    """Whether two files hold the same; holes are zeros."""
    cmp = shutil.which("cmp")
    assert cmp
    return subprocess.run([cmp, str(one), str(other)], check=False).returncode == 0


def objects(sandbox: Seeded, url: str) -> dict[str, int]:
    """The sizes of what a bundle consists of, by name."""
    prefix = url.removeprefix("s3://backups/") + "/"
    found = sandbox.client("s3").list_objects_v2(Bucket="backups", Prefix=prefix)
    return {each["Key"].removeprefix(prefix): each["Size"] for each in found.get("Contents", ())}


def manifest(sandbox: Seeded, url: str) -> dict[str, Any]:
    key = url.removeprefix("s3://backups/") + "/manifest.json"
    written = sandbox.client("s3").get_object(Bucket="backups", Key=key)["Body"].read()
    return dict(json.loads(written))


def put(sandbox: Seeded, url: str, name: str, data: bytes) -> None:
    key = f"{url.removeprefix('s3://backups/')}/{name}"
    sandbox.client("s3").put_object(Bucket="backups", Key=key, Body=data)


def sets(shell: Shell) -> list[str]:
    return [line.split("\t")[0] for line in shell.run("snapshot ls web-1").stdout.splitlines()]
