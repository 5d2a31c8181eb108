"""A log read while a program writes it, for those who wait."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ec2kit.images.root.progress import STAGES, Progress, advance

LOOK = 0.5
"""Seconds between two looks."""


@contextmanager
def following(log: Path, report: Callable[[Progress], None]) -> Iterator[None]:
    """While the block runs, report how far the log says it is; each thing once."""
    ended = threading.Event()
    reader = threading.Thread(target=_read, args=(log, report, ended), daemon=True)
    reader.start()
    try:
        yield
    finally:
        ended.set()
        reader.join()


def _read(log: Path, report: Callable[[Progress], None], ended: threading.Event) -> None:
    progress = Progress(STAGES[0][1])
    report(progress)
    place, rest = 0, b""
    while True:
        last = ended.wait(LOOK)
        try:
            with log.open("rb") as file:
                file.seek(place)
                written = file.read()
        except OSError:
            written = b""
        place += len(written)
        *lines, rest = (rest + written).split(b"\n")
        for line in lines:
            before, progress = progress, advance(progress, line.decode(errors="replace"))
            if str(progress) != str(before):
                report(progress)
        if last:
            return
