"""What was carried already, in a file beside the work: how a killed transfer goes on.

AWS lists only the blocks of completed snapshots, so which blocks of a pending one it has only we can know. A line for
each block: its index and its SHA-256. A line is written after the block has arrived, so the file may lack a block that
did, which is then carried twice, and never has one that did not. What a kill tore off is cut away.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path

from ec2kit.host.files import ensure_file, storing

GROUP = 32
"""Lines after which the file is flushed to the disk: a power cut costs at most so many blocks, carried again."""
SEALED = "sealed"
DIGEST_HEX = 64


class BlockLog:
    """The blocks carried so far, by index; safe for threads. Without a path it forgets with the process.

    Raises `Ec2kitError` when the file cannot be read or written.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.digests: dict[int, bytes] = {}
        self.sealed = False
        """Whether everything was carried, and the end of it was asked for."""
        self._lock = threading.Lock()
        self._descriptor = -1
        self._unflushed = 0
        if path is not None:
            self._open(path)

    def note(self, index: int, digest: bytes) -> None:
        """The block has arrived."""
        with self._lock:
            self.digests[index] = digest
            self._write(f"{index} {digest.hex()}\n")
            self._unflushed += 1
            if self._unflushed >= GROUP:
                self._flush()

    def seal(self) -> None:
        """Everything was carried; what comes now is the call that ends it."""
        with self._lock:
            self.sealed = True
            self._write(f"{SEALED}\n")
            self._flush()

    def close(self) -> None:
        """Flush and close; what was noted is there for the next process."""
        with self._lock:
            if self._descriptor >= 0:
                self._flush()
                os.close(self._descriptor)
                self._descriptor = -1

    def remove(self) -> None:
        """It is all over: close, and remove the file."""
        self.close()
        if self.path is not None:
            with storing(self.path):
                self.path.unlink(missing_ok=True)

    def _open(self, path: Path) -> None:
        ensure_file(path)
        with storing(path):
            whole = self._parse(path.read_bytes())
            self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
            os.ftruncate(self._descriptor, whole)

    def _parse(self, text: bytes) -> int:
        """Take in the lines up to the first that is not whole; returns how many bytes they are."""
        whole = 0
        for line in text.splitlines(keepends=True):
            words = line.decode("ascii", "replace").split()
            if not line.endswith(b"\n") or not self._take(words):
                break
            whole += len(line)
        return whole

    def _take(self, words: list[str]) -> bool:
        if words == [SEALED]:
            self.sealed = True
            return True
        if len(words) != 2 or not words[0].isdigit() or len(words[1]) != DIGEST_HEX:
            return False
        try:
            self.digests[int(words[0])] = bytes.fromhex(words[1])
        except ValueError:
            return False
        return True

    def _write(self, line: str) -> None:
        if self.path is not None:
            with storing(self.path):
                os.write(self._descriptor, line.encode())

    def _flush(self) -> None:
        self._unflushed = 0
        if self.path is not None:
            with storing(self.path):
                os.fsync(self._descriptor)
