"""Our cleaning of new roots, run over a machine's own disk in the appliance: nothing of it is left, the rest stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from ec2kit.host.clock import SystemClock
from ec2kit.host.processes import run
from ec2kit.images.scrubbing import by_appliance
from tests.images import machine_disks as disks
from tests.images.test_appliance_boot import CACHE

pytestmark = [pytest.mark.boot, pytest.mark.timeout(600)]

PRIVATE = {
    "etc/ssh/ssh_host_ed25519_key": b"-----BEGIN OPENSSH PRIVATE KEY----- of web-1 alone",
    "etc/machine-id": b"0123456789abcdef0123456789abcdef",
    "var/log/auth.log": b"somebody logged in from 203.0.113.77",
    "root/.bash_history": b"mysql -p's3cr3t of the shop'",
    "var/lib/cloud/instance/user-data.txt": b"password: hunter2-of-web-1",
}
KEPT = {"etc/ssh/sshd_config": b"PermitRootLogin no\n", "srv/shop/index.html": b"<h1>shop</h1>\n"}


def test_what_only_one_machine_may_have_is_nowhere_on_the_disk(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    disks.machine_tree(tree)
    for name, content in {**PRIVATE, **KEPT}.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_bytes(content)
    filesystem = disks.ext4(tree, tmp_path / "fs", 64)
    disk = disks.partitioned(filesystem, tmp_path / "disk.raw")
    assert all(content in disk.read_bytes() for content in PRIVATE.values())

    by_appliance(CACHE, SystemClock())(disk, "xvda")

    whole = disk.read_bytes()
    assert [name for name, content in PRIVATE.items() if content in whole] == []
    filesystem.write_bytes(whole[2 << 20 : -(1 << 20)])
    run(["e2fsck", "-f", "-n", str(filesystem)], 60)
    for name, content in {**KEPT, "etc/machine-id": b""}.items():
        said = run(["debugfs", "-R", f"cat /{name}", str(filesystem)], 60).stdout
        assert said == content.decode(), name
