"""How far a root file system is, read from what mmdebstrap, apt and dpkg say while they work."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

STAGES: tuple[tuple[str, str], ...] = (
    ("running apt-get update", "reading the archive's lists"),
    ("downloading packages", "downloading the base system"),
    ("extracting archives", "unpacking the base system"),
    ("installing essential packages", "installing the base system"),
    ("installing remaining packages", "choosing packages"),
    ("running --customize-hook", "customising, checking and cleaning"),
    ("creating tarball", "writing the root file system"),
)
"""What mmdebstrap says at the start of each stage, and what a person is told."""

COUNTED: tuple[tuple[str, str], ...] = (
    ("Get:", "downloading packages"),
    ("Unpacking ", "unpacking packages"),
    ("Setting up ", "setting up packages"),
)
"""How a line about one package begins, and what is being done to all of them."""


@dataclass(frozen=True)
class Progress:
    """A stage, and how much of it is done; a `total` of 0: nobody can say."""

    stage: str
    done: int = 0
    total: int = 0
    expected: int = 0
    """Packages that apt said it would install."""

    def __str__(self) -> str:
        return f"{self.stage}: {self.done} of {self.total}" if self.total else self.stage


def advance(progress: Progress, line: str) -> Progress:
    """Given how far it was and a line of output, return how far it is; the same value when it says nothing."""
    if line.startswith("I: "):
        stage = next((ours for words, ours in STAGES if line[3:].startswith(words)), progress.stage)
        return progress if stage == progress.stage else Progress(stage)
    announced = re.match(r"\d+ upgraded, (\d+) newly installed", line)
    if announced:
        return replace(progress, expected=int(announced[1]))
    stage = next((ours for words, ours in COUNTED if line.startswith(words)), "")
    if not stage or not progress.expected:
        return progress
    done = progress.done + 1 if stage == progress.stage else 1
    return Progress(stage, min(done, progress.expected), progress.expected, progress.expected)
