"""A real process whose streams, directory or environment are not as usual: the right code, and no traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

KIT = f"{sys.executable} -m ec2kit"
# None of them goes to AWS or starts anything.
PAGE, NOT_FOUND, FROM_PIPE = "help", "sandbox status", "ls -"


def sh(home: Path, line: str, **environ: str) -> subprocess.CompletedProcess[bytes]:
    """What a shell does with a line in which `kit` is the program; HOME and all directories are the test's."""
    places = {name: str(home) for name in ("HOME", "EC2KIT_STATE_DIR", "XDG_RUNTIME_DIR", "XDG_CACHE_HOME")}
    root = str(Path(__file__).parents[2])
    return subprocess.run(
        ["bash", "-c", f'kit() {{ {KIT} "$@"; }}; {line}'],
        cwd=home,
        env={**os.environ, "PYTHONPATH": root, **places, **environ},
        capture_output=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    "line,code",
    [
        (f"kit {FROM_PIPE} <&-", 0),
        (f"kit {PAGE} >&-", 0),
        (f"kit {NOT_FOUND} 2>&-", 4),
        (f"kit {NOT_FOUND} <&- >&- 2>&-", 4),
        (f"kit {NOT_FOUND} 2>/dev/full", 4),
        (f"kit {PAGE} >/dev/full", 1),
        (f"set -o pipefail; kit {PAGE} | head -0", 0),
        ("set -o pipefail; kit help snapshot restore -o json | head -c 1", 0),
        (f"mkdir gone; cd gone; rmdir ../gone; kit {PAGE}", 0),
        (f"unset HOME XDG_CACHE_HOME; kit {PAGE}", 0),
        ("kit ls $'web\\xff'", 2),
        (f"printf '\\xff\\n' | kit {FROM_PIPE}", 2),
        (f"printf '\\xff\\n' | LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0 kit {FROM_PIPE}", 2),
        (f"printf '\\xff\\n' | PYTHONIOENCODING=utf-8:strict kit {FROM_PIPE}", 2),
        (f"PYTHONIOENCODING=ascii:strict kit {PAGE} ", 0),
    ],
)
def test_it_ends_as_it_should(tmp_path: Path, line: str, code: int) -> None:
    done = sh(tmp_path, line)

    assert (done.returncode, b"Traceback" in done.stderr) == (code, False), done.stderr
    assert b"unexpected" not in done.stderr


def test_no_room_on_stdout_is_said(tmp_path: Path) -> None:
    done = sh(tmp_path, f"kit {PAGE} >/dev/full")

    assert done.stderr.startswith(b"error: stdout cannot be written: no space left on device\nhint: ")


def test_words_are_utf8_in_every_locale(tmp_path: Path) -> None:
    done = sh(
        tmp_path, "LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0 kit sandbox status '--sandbox=ü/ü' -o json"
    )

    assert done.returncode == 2
    assert "ü/ü" in done.stderr.decode() or "\\xfc" in done.stderr.decode()
    assert "\\udc" not in done.stderr.decode()


def test_without_home_the_cache_is_in_the_users_own(tmp_path: Path) -> None:
    from ec2kit.cli.names import names_file
    from ec2kit.host.identity import this_user

    assert names_file({}) == this_user({}).home / ".cache/ec2kit/names"
    assert names_file({"HOME": str(tmp_path)}) == tmp_path / ".cache/ec2kit/names"
