"""Directories out of a machine's snapshots, by the appliance, into a bundle and back: all that a file system holds."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from ec2kit.host.clock import SystemClock
from ec2kit.images.bundles.directories import by_appliance
from ec2kit.sandbox.disks import put_volume
from tests.cli.screens import Shell
from tests.images import machine_disks as disks
from tests.images.bundles.ground import SHELF, tar_of
from tests.images.test_appliance_boot import CACHE, entries
from tests.sandbox.seeded import Seeded

pytestmark = [pytest.mark.boot, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Seeded:
    """web-1 has a root file system with hard links, sparse files, ACLs, long names, and bytes that are no text."""
    work = tmp_path_factory.mktemp("machine")
    disks.machine_tree(work / "tree")
    disks.odd_tree(work / "tree/srv")
    filesystem = disks.ext4(work / "tree", work / "fs", 64, "-L", "root")
    disks.adorn(filesystem, work)
    root = disks.partitioned(filesystem, work / "root.raw")
    seeded = Seeded()
    seeded.tick(600)
    mapping = seeded.instance("web-1")["BlockDeviceMappings"]
    volumes = {each["DeviceName"]: each["Ebs"]["VolumeId"] for each in mapping}
    put_volume(seeded.app, volumes["/dev/xvda"], root)
    return seeded


def test_directories_there_and_back(sandbox: Seeded, tmp_path: Path) -> None:
    shell = Shell(tmp_path, sandbox, directories=by_appliance(CACHE, SystemClock()), workers=1)
    line = f"bundle create web-1 {SHELF} --path /srv --path /etc/passwd"
    first = _killed_at_the_end(shell, sandbox, line)

    made = shell.run(line)

    assert made.exit == 0, made
    url = made.stdout.split("\t")[0]
    assert sandbox.app.calls.names().count("s3:UploadPart") == 1
    assert first == 1
    assert shell.run(f"bundle verify {url} --deep").exit == 0
    restored = shell.run(f"bundle restore {url} --to out")
    # Devices and owners are for root.
    assert restored.exit == (0 if os.geteuid() == 0 else 1), restored
    rows = json.loads(shell.run(f"bundle ls {SHELF} -o json").stdout)
    assert rows[0]["holds"] == ["/etc/passwd", "/srv"] or rows[0]["holds"] == ["/srv", "/etc/passwd"]
    if os.geteuid() == 0:
        _is_whole(tmp_path)


def _killed_at_the_end(shell: Shell, sandbox: Seeded, line: str) -> int:
    """Let the command die once all parts are there; how many those are."""

    def die(call: object) -> None:
        if "CompleteMultipartUpload" in str(call):
            sandbox.app.hooks.before.remove(die)
            raise KeyboardInterrupt

    sandbox.before(die)
    assert shell.run(line).exit == 130
    return sandbox.app.calls.names().count("s3:UploadPart")


def _is_whole(home: Path) -> None:
    """What is there has all that the file system had."""
    with (home / "again.tar").open("wb") as out:
        tar_of(home / "out", ["/srv", "/etc/passwd"], out)
    found = entries(home / "again.tar")
    odd = "srv/odd"
    assert found[f"{odd}/first"][2:4] == (1234, 70000)
    assert {found[f"{odd}/first"][0], found[f"{odd}/second"][0]} == {b"0", b"1"}
    assert any("posix_acl" in key or "acl.access" in key for key, _ in found[f"{odd}/listed"][-1])  # type: ignore[attr-defined]
    assert any("capability" in key for key, _ in found[f"{odd}/able"][-1])  # type: ignore[attr-defined]
    assert any("user.colour" in key for key, _ in found[f"{odd}/listed"][-1])  # type: ignore[attr-defined]
    assert found[f"{odd}/block"][7:9] == (7, 3)
    assert found[f"{odd}/first"][5] == 1_000_000_000
    sparse = home / "out" / odd / "sparse"
    assert sparse.stat().st_size == disks.SPARSE_SIZE
    assert sparse.stat().st_blocks * 512 < 1 << 20
    names = {os.fsencode(each.name) for each in (home / "out" / odd).iterdir()}
    assert set(disks.ODD_NAMES) <= names
    assert (home / "out" / odd / disks.DEEP / "leaf").read_text() == "deep"
    assert str((home / "out" / odd / "dangling").readlink()) == "no/such/place"
