"""Running a program as a child of its own and counting what it took: CPU seconds and memory, not wall time."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Took:
    """`cpu_seconds` is user and system together, `peak_mib` the largest resident memory."""

    cpu_seconds: float
    peak_mib: float


def took(words: Sequence[str], home: str, settings: Mapping[str, str] | None = None) -> Took:
    """Run a program of the same environment to its end, its output thrown away; one that fails is an error."""
    process = subprocess.Popen(
        [str(BIN / words[0]), *words[1:]],
        env={"PATH": "/usr/bin:/bin", "HOME": home, **(settings or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    # wait4 and not getrusage(RUSAGE_CHILDREN): that one's memory is the largest of all children so far.
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(words)} ended with {process.returncode}")
    # Linux counts ru_maxrss in KiB.
    return Took(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
