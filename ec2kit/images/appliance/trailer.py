"""How the end of a script's output is known: the machine writes a line that nobody could guess behind it.

A port has no end of file, and a machine that dies looks like one that is done. Pure.
"""

from __future__ import annotations

CODE_DIGITS = 3


class Trailer:
    """Takes the output in pieces and gives back what is the script's; `code` is set once all of it came."""

    def __init__(self, secret: str) -> None:
        self._mark = f"\n{secret} ".encode()
        self._held = b""
        self.code: int | None = None

    def take(self, piece: bytes) -> bytes:
        """Given the next piece, return what can be passed on: all but the length of a trailer is."""
        data = self._held + piece
        length = len(self._mark) + CODE_DIGITS + 1
        tail = data[-length:]
        if len(tail) == length and tail.startswith(self._mark):
            self.code = int(tail[len(self._mark) : -1])
            self._held = b""
            return data[:-length]
        self._held = tail
        return data[: len(data) - len(tail)]

    def rest(self) -> bytes:
        """What was held back, when no trailer came."""
        return self._held
