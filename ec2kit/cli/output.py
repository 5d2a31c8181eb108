"""Writing: data to stdout, talk to stderr. A closed stdout ends the command quietly, a closed stderr is ignored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TextIO

from ec2kit.errors import Ec2kitError


class OutputClosed(Exception):
    """Nobody reads stdout any more (`| head -1`): exit 0."""


@dataclass(frozen=True)
class Output:
    """The two streams."""

    stdout: TextIO
    stderr: TextIO

    def write(self, pieces: Iterable[str]) -> None:
        """Write data; raises `OutputClosed` when its reader has gone, `Ec2kitError` when there is no room for it."""
        try:
            for piece in pieces:
                self.stdout.write(piece)
            self.stdout.flush()
        except BrokenPipeError as error:
            raise OutputClosed from error
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            hint = "what was done is done: `ec2kit history` shows it"
            raise Ec2kitError(f"stdout cannot be written: {why}", hint=hint) from error

    def write_bytes(self, data: bytes) -> None:
        """Write data that is no text; raises as `write` does."""
        binary = getattr(self.stdout, "buffer", None)
        if binary is None:
            self.write([data.decode(errors="surrogateescape")])
            return
        try:
            self.stdout.flush()
            binary.write(data)
            binary.flush()
        except BrokenPipeError as error:
            raise OutputClosed from error
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            raise Ec2kitError(f"stdout cannot be written: {why}") from error

    def say(self, line: str) -> None:
        """Write a line of talk."""
        self.mutter(line + "\n")

    def mutter(self, text: str) -> None:
        """Write talk as it is; lost when nobody listens, since the work goes on."""
        try:
            self.stderr.write(text)
            self.stderr.flush()
        except (OSError, ValueError):
            return
