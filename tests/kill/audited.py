"""A command that dies by SIGKILL just before the so-manieth thing that it does to a file or starts.

Run as `python -m tests.kill.audited NUMBER WORDS...`. The interpreter itself tells of each (PEP 578): nothing of the
command is replaced. With the number 0 it ends by itself; what it did is in the file that AUDITED names, a line each.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

CHANGES = frozenset(
    {
        *("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.link", "os.symlink"),
        *("shutil.rmtree", "shutil.copyfile", "subprocess.Popen"),
    }
)
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


class Auditor:
    """Counts, and kills."""

    def __init__(self, number: int, told: Path | None) -> None:
        self.number = number
        self.told = told
        self.seen = 0
        self._lock = threading.RLock()
        self._busy = False

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        changes = event in CHANGES or (event == "open" and self._writes(arguments))
        if not changes or self._busy:
            return
        with self._lock:
            self.seen += 1
            if self.seen == self.number:
                os.kill(os.getpid(), signal.SIGKILL)
            if self.told is not None:
                self._busy = True
                with self.told.open("a") as file:
                    file.write(f"{event} {arguments[0]!r}\n")
                self._busy = False

    @staticmethod
    def _writes(arguments: tuple[object, ...]) -> bool:
        path, flags = arguments[0], arguments[2]
        return isinstance(path, str) and isinstance(flags, int) and bool(flags & WRITING)


def main() -> None:
    """Run the command under the auditor."""
    number, sys.argv = int(sys.argv[1]), ["ec2kit", *sys.argv[2:]]
    from ec2kit.cli import main as command

    named = os.environ.get("AUDITED")
    sys.addaudithook(Auditor(number, Path(named) if named else None))
    sys.exit(command())


if __name__ == "__main__":
    main()
