"""`ec2kit --help` answers at once: what takes long to import is imported where it is used."""

import os
import re
import subprocess
import sys
from pathlib import Path

from ec2kit.cli.registry import COMMANDS
from ec2kit.cli.running import load

SLOW = ("boto3", "botocore", "rich", "moto", "ec2kit.model")


def test_help_imports_nothing_slow(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "ec2kit", "--help"],
        cwd=tmp_path,
        env={**os.environ, "XDG_STATE_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    imported = set(re.findall(r"^import time:.*\| +([\w.]+)$", result.stderr, re.MULTILINE))

    assert result.returncode == 0, result.stderr[-2000:]
    assert "launch" in result.stdout
    assert "ec2kit.cli" in imported
    assert {name for name in imported if name.startswith(SLOW)} == set()


def test_every_page_has_an_example_of_its_command() -> None:
    """Where an argument is missing, the first of them is the hint."""
    without = [
        entry.typed
        for entry in COMMANDS
        if not re.search(rf"^ *(?:eval \"\$\()?{entry.typed}\b", load(entry).help or "", re.MULTILINE)
    ]

    assert without == []
