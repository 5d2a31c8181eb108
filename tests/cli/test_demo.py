"""The demo: run as a person runs it, and nothing left behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_the_demo_recovers_a_machine_and_leaves_nothing_behind(tmp_path: Path) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    environ = {
        **os.environ,
        "TMPDIR": str(temporary),
        "HOME": str(tmp_path),
        "XDG_RUNTIME_DIR": str(tmp_path),
    }
    ended = subprocess.run(
        [sys.executable, "-m", "ec2kit", "demo"],
        env=environ,
        capture_output=True,
        text=True,
        timeout=220,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    told = ended.stdout
    assert "(exit code 2)" in told
    assert "was recovered: replaced by" in told
    assert "203.0.113.9" in told
    assert "quarantined" in told
    assert list(temporary.iterdir()) == []
    assert not [line for line in _processes() if str(temporary) in line]


def _processes() -> list[str]:
    """The command lines of all processes."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            found.append((entry / "cmdline").read_text().replace("\0", " ") if entry.name.isdigit() else "")
        except OSError:
            continue
    return found
