"""The terminal that the process belongs to: questions go there and are answered there, whatever stdin is."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

TERMINAL = Path("/dev/tty")


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a person looks at the stream; one that was closed from outside (`>&-`) is None or closed."""
    return stream is not None and not stream.closed and stream.isatty()


def asker(device: Path = TERMINAL) -> Callable[[str], str] | None:
    """What shows a question and returns the line typed (empty at its end); None where there is no terminal."""
    try:
        os.close(os.open(device, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC))
    except OSError:
        return None

    def ask(question: str) -> str:
        descriptor = os.open(device, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
        with os.fdopen(descriptor, "r+b", buffering=0) as terminal:
            terminal.write(question.encode())
            return terminal.readline().decode(errors="replace").strip()

    return ask
