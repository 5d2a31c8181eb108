"""An image made of a machine, killed at every call: typed again it ends as if never killed, with one set, one image."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from ec2kit.sandbox.disks import put_volume
from tests.kill.conftest import Recording
from tests.kill.counts import check_row
from tests.kill.stories import Story
from tests.kill.sweep import Recorded, go_on
from tests.sandbox.seeded import Seeded

MIB = 1 << 20
SHARES = 6
SECRET, CLEAN = b"a secret", b"nothing."
Count = Callable[[str, object], None]


def write_root(sandbox: Seeded) -> None:
    """web-1 has a secret on its root, between what stays."""
    disks = sandbox.instance("web-1")["BlockDeviceMappings"]
    (root,) = [each["Ebs"]["VolumeId"] for each in disks if each["DeviceName"] == "/dev/xvda"]
    with tempfile.TemporaryDirectory() as directory:
        disk = Path(directory) / "root"
        with disk.open("wb") as file:
            file.truncate(8 << 30)
            for at, content in ((0, b"boot"), (5 * MIB, SECRET), (9 * MIB, b"data")):
                file.seek(at)
                file.write(content)
        put_volume(sandbox.app, root, disk)


def scrub(disk: Path, name: str) -> None:
    """What the appliance does, without one."""
    assert name == "xvda"
    with disk.open("r+b") as file:
        file.seek(5 * MIB)
        assert file.read(len(SECRET)) == SECRET
        file.seek(5 * MIB)
        file.write(CLEAN)


STORY = Story(
    "create-image",
    "image create web-1 --name golden",
    given=write_root,
    around={"scrub": scrub},
    once=True,
    runs=2,
)


def sweep(recorded: Recorded, share: int, count: Count) -> None:
    """Go on from each `SHARES`th state, and count the cuts that leave these."""
    states = set(recorded.states[share::SHARES])
    for state in states:
        go_on(recorded, state)
        home = state.parent / "home"
        assert not [path for path in home.rglob("*") if path.is_file() and path.parts[-3] == "created"]
        assert not list(home.rglob("*.blocks"))
    cuts = sum(moment.left in states for moment in recorded.moments)
    count("cuts", (f"in process: `{recorded.story.line}`", cuts))


@pytest.mark.kill
@pytest.mark.timeout(600)
def test_typed_again_it_ends_as_if_never_killed(recording: Recording, record_property: Count) -> None:
    sweep(recording(STORY, every=True), 0, record_property)


@pytest.mark.deep
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("share", range(1, SHARES))
def test_so_it_does_after_every_other_kill(share: int, recording: Recording, record_property: Count) -> None:
    sweep(recording(STORY, every=True), share, record_property)


@pytest.mark.kill
@pytest.mark.timeout(300)
def test_the_page_has_the_counts(recording: Recording) -> None:
    check_row(recording(STORY))
