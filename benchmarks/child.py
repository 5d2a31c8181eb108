"""Running a program as a child of its own and counting what it took: CPU seconds and memory, not wall time.

Run as a program, this module is the small process in between: Linux counts a process's largest memory from before
`exec`, when it still was its parent, and the parent of all benchmarks is larger than what it measures.
"""

from __future__ import annotations

import json
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
    between = subprocess.run(
        [sys.executable, "-I", __file__, str(BIN / words[0]), *words[1:]],
        env={"PATH": "/usr/bin:/bin", "HOME": home, **(settings or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        check=False,
    )
    if between.returncode:
        raise RuntimeError(f"{' '.join(words)} ended with {between.returncode}")
    return Took(*json.loads(between.stdout))


def _measure(words: Sequence[str]) -> int:
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    # wait4 and not getrusage(RUSAGE_CHILDREN): it is this child alone that is asked about.
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    # Linux counts ru_maxrss in KiB.
    print(json.dumps([usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024]))
    return process.returncode


if __name__ == "__main__":
    sys.exit(_measure(sys.argv[1:]))
