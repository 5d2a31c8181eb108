"""What stands in for QEMU where a test is about who runs a machine, and not about the machine: run as a program.

It has a console, a monitor, a disk and a port 22. Files in `FAKE_QEMU` are what happens inside: `off` switches it off,
`reset` restarts it, `write` writes to its disk; `broken` lets QEMU fail at its start, `deaf` its button do nothing.
"""

from __future__ import annotations

import json
import os
import select
import socket
import sys
import threading
from itertools import pairwise
from pathlib import Path
from typing import Any

BLOCK = 524_288
ORDERS = Path(os.environ.get("FAKE_QEMU", "."))


def option(argv: list[str], name: str, beginning: str = "") -> str:
    return next(text for one, text in pairwise(argv) if one == name and text.startswith(beginning))


class Guest:
    """The machine."""

    def __init__(self, argv: list[str]) -> None:
        (ORDERS / "argv").write_text(json.dumps(argv))
        self.disk = option(argv, "-drive", "file=").removeprefix("file=").split(",")[0]
        self.monitor = socket.socket(socket.AF_UNIX)
        path = option(argv, "-qmp").removeprefix("unix:").split(",")[0]
        Path(path).unlink(missing_ok=True)
        self.monitor.bind(path)
        self.monitor.listen()
        self.ports = {22: self.listen(), 80: self.listen()}
        self.stopped = False

    def listen(self) -> int:
        server = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.greet, args=(server,), daemon=True).start()
        return int(server.getsockname()[1])

    def greet(self, server: socket.socket) -> None:
        while True:
            connection, _ = server.accept()
            with connection:
                connection.sendall(b"SSH-2.0-Fake\r\n")

    def say(self, text: str) -> None:
        sys.stdout.write(text.replace("\n", "\r\n"))
        sys.stdout.flush()

    def boot(self) -> None:
        self.say("Booting\nCloud-init v. 1 finished at now. Datasource DataSourceEc2\n\nfake login: ")

    def write(self, index: int, text: str) -> None:
        with Path(self.disk).open("r+b") as disk:
            disk.seek(index * BLOCK)
            disk.write(text.encode())

    def run(self) -> None:
        self.boot()
        connection, _ = self.monitor.accept()
        lines = connection.makefile("rw")
        self.tell(lines, {"QMP": {}})
        while True:
            if select.select([connection], [], [], 0.05)[0]:
                line = lines.readline()
                if not line:
                    return
                asked = json.loads(line)
                if self.obey(asked, lines):
                    return
            if self.happens(lines):
                return

    def happens(self, lines: Any) -> bool:
        for name in ("off", "reset", "write"):
            order = ORDERS / name
            if not order.exists() or self.stopped:
                continue
            text = order.read_text()
            order.unlink()
            if name == "write":
                self.write(5, text)
                self.say("written\n")
            elif name == "reset":
                self.tell(lines, {"event": "RESET", "data": {"guest": True}})
                select.select([], [], [], 0.7)
                self.boot()
            else:
                self.say("Power down.\n")
                return True
        return False

    def obey(self, asked: dict[str, Any], lines: Any) -> bool:
        name = str(asked["execute"])
        if name in ("stop", "cont"):
            self.stopped = name == "stop"
        elif name == "human-monitor-command":
            self.tell(lines, {"return": self.human(asked["arguments"]["command-line"])})
            return False
        self.tell(lines, {"return": {}})
        if name == "system_powerdown" and not (ORDERS / "deaf").exists():
            self.write(6, "shut down")
            self.say("Power down.\n")
            return True
        return False

    def human(self, line: str) -> str:
        if line.startswith("hostfwd_add"):
            self.ports[int(line.rpartition(":")[2])] = self.listen()
            return ""
        rows = [
            f"  TCP[HOST_FORWARD]  9   127.0.0.1 {here:5} 172.31.0.4 {guest:5}  0  0\r\n"
            for guest, here in self.ports.items()
        ]
        return "Hub -1 (n0):\r\n  Protocol[State] FD Source Port Dest. Port RecvQ SendQ\r\n" + "".join(rows)

    def tell(self, lines: Any, said: dict[str, Any]) -> None:
        lines.write(json.dumps(said) + "\n")
        lines.flush()


if __name__ == "__main__":
    if (ORDERS / "broken").exists():
        sys.exit("qemu-system-x86_64: -m 1024: cannot set up guest memory")
    Guest(sys.argv).run()
