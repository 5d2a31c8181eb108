"""The terminal that the process belongs to, and its streams, also where they were closed or are not UTF-8.

Questions go to the terminal and are answered there, whatever stdin is.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from ec2kit.errors import UsageError

TERMINAL = Path("/dev/tty")


def standard_streams() -> tuple[TextIO, TextIO, TextIO]:
    """stdin, stdout and stderr of this process; nothing that is written to them raises for its letters.

    One that was closed from outside (`>&-`) is the null device: opened in this order, it also gets the number that
    was free, so that no file of ours becomes what a library writes its complaints to.
    """
    nowhere = Path(os.devnull)
    stdin = sys.stdin or nowhere.open(encoding="utf-8")
    stdout = sys.stdout or nowhere.open("w", encoding="utf-8")
    stderr = sys.stderr or nowhere.open("w", encoding="utf-8")
    if isinstance(stdin, io.TextIOWrapper):
        # As Python reads arguments: what is no text is told by whoever reads it.
        stdin.reconfigure(errors="surrogateescape")
    if isinstance(stdout, io.TextIOWrapper):
        # JSON in a pipe is UTF-8 whatever the locale (RFC 8259, 8.1); a terminal shows what it can.
        encoding = stdout.encoding if stdout.isatty() else "utf-8"
        stdout.reconfigure(encoding=encoding, errors="backslashreplace")
    return stdin, stdout, stderr


def here() -> Path:
    """The current directory; the root where it was removed under our feet."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        return Path("/")


def typed_text(word: str) -> str:
    """Given an argument or a line of stdin, return the text that its bytes are in UTF-8, whatever the locale.

    Raises `UsageError` for bytes that are none: no name and no tag of AWS can hold them.
    """
    try:
        return os.fsencode(word).decode("utf-8")
    except UnicodeError as error:
        shown = word.encode("utf-8", "backslashreplace").decode()
        raise UsageError(
            f"'{shown}' is not text in UTF-8", hint="names and tags are; write it in UTF-8, or use the id"
        ) from error


def printable(text: str) -> str:
    """Given text that AWS, a file or a person wrote, return it for a terminal: escapes in it are shown, not obeyed."""
    return "".join(char if char.isprintable() or char == "\n" else repr(char)[1:-1] for char in text)


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
            terminal.write(printable(question).encode())
            return terminal.readline().decode(errors="replace").strip()

    return ask
