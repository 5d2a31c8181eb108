"""Other processes: Python that says when it is ready, and is gone when the block ends."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
READY = "ready"


@contextmanager
def child(code: str, *words: str) -> Iterator[subprocess.Popen[str]]:
    """A process that runs `code` (which prints "ready" on a line, then does as it likes) with `words` in sys.argv."""
    with subprocess.Popen(
        [sys.executable, "-c", code, *words],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().strip() == READY
            yield process
        finally:
            process.kill()


def run_together(code: str, count: int, *words: str) -> list[int]:
    """Run `count` processes of the code at the same time, each told its number last; returns how they ended."""
    processes = [
        subprocess.Popen([sys.executable, "-c", code, *words, str(number)], cwd=ROOT)
        for number in range(count)
    ]
    try:
        return [process.wait(60) for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.wait()
