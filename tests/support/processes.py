"""Processes that tests start and see end: by their ids, which the programs write down."""

from __future__ import annotations

from pathlib import Path

from ec2kit.host.clock import SystemClock

CLOCK = SystemClock()
LOOKS = 600


def lives(pid: int) -> bool:
    """Whether it runs; one that nobody has reaped has ended."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def wait_for_end(pid: int) -> None:
    """Raises `AssertionError` when it lives for another minute."""
    for _ in range(LOOKS):
        if not lives(pid):
            return
        CLOCK.sleep(0.1)
    raise AssertionError(f"{pid} lives on")


def pid_in(path: Path) -> int:
    """The id that a program writes into this file, with a newline, within a minute."""
    for _ in range(LOOKS):
        if path.exists() and path.read_text().endswith("\n"):
            return int(path.read_text())
        CLOCK.sleep(0.1)
    raise AssertionError("it did not start")
