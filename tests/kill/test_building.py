"""A build killed while a tool works, at what it does to files, and at what it says to AWS; typed again, it goes on.

The tools are stand-ins or small: see `toolshed`. What a build leaves that nobody kills is made once, to compare.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.kill.children import Ended, ended
from tests.kill.toolshed import HALF_DONE, STOPS, Shed
from tests.repository.files import ROOT
from tests.support.processes import pid_in

TOOLS = (
    *(
        "mmdebstrap",
        "sfdisk",
        "fakeroot",
        "debugfs",
        "grub-mkimage",
        "grub-mkimage",
        "mformat",
        "mmd",
        "mcopy",
    ),
    *("qemu-img", "qemu-img", "qemu-system-x86_64", "qemu-img", "qemu-img", "qemu-system-x86_64"),
)
"""What a build of an amd64 image calls, in its order."""
SMALL = "--arch amd64 --no-boot-test"
SECONDS = 120
SHARES = 4
SIGKILL = -9


def shed_in(home: Path) -> Shed:
    shed = Shed(home)
    shed.furnish()
    return shed


def begin(shed: Shed, *words: str) -> subprocess.Popen[str]:
    """The build as a process of its own, into a file, so that AWS is not asked."""
    environ = {**os.environ, **shed.environ(), "EC2KIT_STATE_DIR": str(shed.home / "state")}
    return subprocess.Popen(
        [sys.executable, *words, "image", "build", "mine.yaml", "--file", "x.raw"],
        cwd=shed.home,
        env={**environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def build(shed: Shed, *words: str) -> Ended:
    """To its end."""
    return ended(begin(shed, *(words or ("-m", "ec2kit"))), SECONDS)


@dataclass(frozen=True)
class Whole:
    """A build that nobody kills: what it leaves, and what it does to files and starts, in order."""

    left: dict[str, int]
    deeds: tuple[str, ...]

    def number(self, deed: str) -> int:
        """The number of the first deed of this kind, as `audited` counts."""
        return next(at for at, done in enumerate(self.deeds, 1) if re.search(deed, done))


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    directory = tmp_path_factory.mktemp("whole")
    shed = shed_in(directory / "home")
    done = build(shed, "-m", "tests.kill.audited", "0")
    assert done.exit == 0, done
    assert tuple(shed.calls()) == TOOLS
    assert shed.all_ended()
    left = shed.left()
    assert sorted(Path(name).suffix for name in left) == [".json", ".json", ".raw", ".tar", ".yaml"]
    return Whole(left, tuple(shed.audited.read_text().splitlines()))


def go_on(shed: Shed, whole: Whole, what: object) -> None:
    """Type it again, and compare."""
    assert shed.all_ended(), (what, shed.living())
    again = build(shed)
    assert again.exit == 0, (what, again)
    assert "Traceback" not in again.stderr, (what, again)
    assert shed.left() == whole.left, what
    assert shed.all_ended(), (what, shed.living())


def kill_at_tool(shed: Shed, number: int, stop: str) -> None:
    """Kill the build, and nothing else, while its `number`th tool stands still."""
    paused = shed.stop_at(number, stop)
    process = begin(shed, "-m", "ec2kit")
    try:
        pid_in(paused)
    finally:
        process.kill()
        process.communicate()


@pytest.mark.kill
@pytest.mark.timeout(300)
@pytest.mark.parametrize("tool, stop", [("mmdebstrap", HALF_DONE), ("qemu-system-x86_64", HALF_DONE)])
def test_killed_while_a_tool_works(tool: str, stop: str, whole: Whole, tmp_path: Path) -> None:
    shed = shed_in(tmp_path)
    kill_at_tool(shed, TOOLS.index(tool) + 1, stop)
    go_on(shed, whole, (tool, stop))


@pytest.mark.deep
@pytest.mark.timeout(600)
@pytest.mark.parametrize("stop", STOPS)
@pytest.mark.parametrize("number", range(1, len(TOOLS) + 1))
def test_killed_while_any_tool_works(number: int, stop: str, whole: Whole, tmp_path: Path) -> None:
    shed = shed_in(tmp_path)
    kill_at_tool(shed, number, stop)
    go_on(shed, whole, (number, stop))


def kill_at_deed(shed: Shed, whole: Whole, number: int) -> None:
    """Kill the build just before what it does."""
    killed = build(shed, "-m", "tests.kill.audited", str(number))
    assert killed.exit == SIGKILL, (number, whole.deeds[number - 1], killed)


@pytest.mark.kill
@pytest.mark.timeout(300)
@pytest.mark.parametrize("deed", [r"rename .*x\.untested\.raw"])
def test_killed_at_what_it_does_to_files(deed: str, whole: Whole, tmp_path: Path) -> None:
    shed = shed_in(tmp_path)
    kill_at_deed(shed, whole, whole.number(deed))
    go_on(shed, whole, deed)


@pytest.mark.deep
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("share", range(SHARES))
def test_killed_at_anything_it_does_to_files(share: int, whole: Whole, tmp_path: Path) -> None:
    for number, deed in list(enumerate(whole.deeds, 1))[share::SHARES]:
        # What a directory that is removed has in it, and where Python looks for a place for temporary files.
        if re.match(
            r"os\.(remove|rmdir) '[^/]|open '.*/tmp/\w{8}'|open '/dev/|os.remove '.*/tmp/\w{8}'", deed
        ):
            continue
        shed = shed_in(tmp_path / str(number))
        kill_at_deed(shed, whole, number)
        go_on(shed, whole, deed)
        shutil.rmtree(shed.home)
