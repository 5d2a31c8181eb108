"""A disk that is full: what has no room, where, and what helps is told; nothing is registered, and nothing is left."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.images.full_disk import CASES
from tests.repository.files import ROOT

IS_ROOT = os.geteuid() == 0
NAMESPACE = ("unshare", "--mount") if IS_ROOT else ("unshare", "--mount", "--map-root-user")

TOLD = [
    ("make_a_disk", "there is no space left in '{small}'", " MiB there, or have it written elsewhere"),
    ("bring_in", "there is no space left in '{home}/cache/ec2kit/images/imports'", "EC2KIT_CACHE_DIR"),
    ("begin_with_a_full_state", "", "EC2KIT_STATE_DIR"),
    ("take_out", "cannot be written: no space left", "name another FILE"),
    ("restore", "cannot be written: no space left", "name another FILE"),
]
"""Each case, what its error says, and its hint."""


@pytest.fixture(scope="module")
def may_mount() -> None:
    command = [*NAMESPACE, "mount", "-t", "tmpfs", "none", "/mnt"]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody mount anything")


def on_a_small_disk(case: str, directory: Path) -> Any:
    """What a case tells."""
    home, small = directory / "home", directory / "small"
    home.mkdir()
    small.mkdir()
    mount = f"mount -t tmpfs -o size=8m none '{small}' && exec \"$@\""
    ended = subprocess.run(
        [
            *(*NAMESPACE, "sh", "-ec", mount, "sh"),
            *(sys.executable, "-m", "tests.images.full_disk", case, str(home), str(small)),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


@pytest.mark.slow
@pytest.mark.usefixtures("may_mount")
@pytest.mark.parametrize("case, says, hint", TOLD)
def test_a_full_disk_is_told_and_nothing_is_left(case: str, says: str, hint: str, tmp_path: Path) -> None:
    if case == "make_a_disk" and not IS_ROOT:
        pytest.skip("a namespace with one user has no owners for files")
    told = on_a_small_disk(case, tmp_path)

    said = told["said"].splitlines()
    (error,) = [line for line in said if line.startswith("error: ")]
    assert told["exit"] == 1
    assert says.format(home=tmp_path / "home", small=tmp_path / "small") in error
    assert [hint in line for line in said if line.startswith("hint: ")] == [True]
    kept = case == "take_out"
    assert (told.get("images", 0), told.get("uploads", 0)) == (kept, kept)
    assert [path for path in told["left"] if "journal" not in path] == []


def test_each_case_is_tried() -> None:
    assert {case for case, _, _ in TOLD} == set(CASES)
