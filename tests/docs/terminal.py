"""A terminal for one page: its own home, state and sandbox, and what a person would see on the screen."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import threading
from dataclasses import dataclass, field
from pathlib import Path

COLUMNS, LINES = 110, 50
KEPT = ("cd ", "export ", "unset ", "eval ", ". ")
"""What a shell remembers from one command to the next; each command of a page runs in a shell of its own."""


@dataclass
class Terminal:
    """Runs the commands of one page in turn, in `directory`, with nothing of the caller's home."""

    directory: Path
    settings: dict[str, str]
    remembered: list[str] = field(default_factory=list)

    def run(self, command: str, timeout: float = 120) -> tuple[int, str]:
        """Type `command`; return its exit code and what the screen showed, or raise TimeoutExpired."""
        near, far = pty.openpty()
        fcntl.ioctl(far, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        script = "\n".join((*self.remembered, command))
        process = subprocess.Popen(
            ["bash", "-c", script],
            stdin=subprocess.DEVNULL,
            stdout=far,
            stderr=far,
            cwd=self.directory,
            env=self.environment(),
            start_new_session=True,
        )
        os.close(far)
        screen = Screen(near)
        try:
            code = process.wait(timeout)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        shown = screen.text()
        if command.startswith(KEPT):
            self.remembered.append(command + " >/dev/null 2>&1")
        return code, shown

    def environment(self) -> dict[str, str]:
        home = self.directory
        return {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "NO_COLOR": "1",
            "TERM": "dumb",
            "XDG_CONFIG_HOME": str(home / "config"),
            # Root's state would be the machine's own, and the next page would find this one's machines.
            "EC2KIT_STATE_DIR": str(home / "state" / "ec2kit"),
            "XDG_RUNTIME_DIR": str(home / "run"),
            "XDG_STATE_HOME": str(home / "state"),
            **self.settings,
        }

    def end(self) -> None:
        """Stop the page's sandbox, and end it by its pid when it does not stop."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.run("ec2kit sandbox stop", timeout=20)
        for address in self.directory.rglob("sandbox-*.json"):
            with contextlib.suppress(ProcessLookupError, ValueError, KeyError):
                os.kill(int(json.loads(address.read_text())["pid"]), signal.SIGKILL)


class Screen:
    """Reads the near end of a pseudo-terminal until the last writer is gone."""

    def __init__(self, near: int) -> None:
        self._near = near
        self._chunks: list[bytes] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        # EIO: on Linux that is how the end of a pseudo-terminal reads.
        with contextlib.suppress(OSError):
            while chunk := os.read(self._near, 65536):
                self._chunks.append(chunk)
        os.close(self._near)

    def text(self) -> str:
        """Return all that was shown. A detached process that keeps the terminal open is an AssertionError."""
        self._reader.join(timeout=10)
        assert not self._reader.is_alive(), "something that the command started still holds its terminal"
        return b"".join(self._chunks).decode(errors="replace").replace("\r\n", "\n")
