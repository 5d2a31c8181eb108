"""The lines of a manifest, typed as they stand: aws, sha256sum, zstd and tar bring everything back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ec2kit.sandbox.disk_client import DiskClient
from ec2kit.sandbox.process import find
from tests.docs.terminal import Terminal
from tests.images.bundles.ground import FEW, is_same, write_disk


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    opened = Terminal(tmp_path, {"EC2KIT_SANDBOX": "1"})
    (tmp_path / "run").mkdir(mode=0o700)
    try:
        typed(opened, "ec2kit sandbox start --speed 60")
        yield opened
    finally:
        opened.end()


def typed(terminal: Terminal, line: str) -> str:
    code, shown = terminal.run(line)
    assert code == 0, f"{line}\n{shown}"
    return shown


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_restored_by_the_lines_of_the_manifest(terminal: Terminal, tmp_path: Path) -> None:
    disk = write_disk(tmp_path / "disk", FEW)
    remembered = 'eval "$(ec2kit sandbox env)"'
    typed(terminal, remembered)
    made = json.loads(typed(terminal, "aws ec2 create-volume --size 1 --availability-zone eu-west-1a"))
    volume = made["VolumeId"]
    web = typed(terminal, "ec2kit ls web-1 -q 2>&-").strip()
    typed(terminal, f"aws ec2 wait volume-available --volume-ids {volume}")
    typed(terminal, f"aws ec2 attach-volume --volume-id {volume} --instance-id {web} --device /dev/sdg")
    address = find("default", tmp_path / "run" / "ec2kit")
    assert address
    DiskClient(address).put(volume, disk)

    url = typed(terminal, "ec2kit bundle create web-1 s3://backups/m --volume /dev/sdg -q 2>&-").strip()
    lines = json.loads(typed(terminal, f"aws s3 cp {url}/manifest.json -"))["restore"]
    shown = typed(terminal, "\n".join(["set -e", *lines]))

    assert "sdg.raw.zst: OK" in shown
    back = next(tmp_path.glob("*.bundle/sdg.raw"))
    assert is_same(back, disk)
    assert back.stat().st_blocks * 512 < 16 << 20
