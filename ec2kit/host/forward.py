"""Copy stdin and stdout to a port of this machine: what QEMU runs for each connection of a guest.

Run as a file, by `python -I -S forward.py PORT [LINE]`: it starts for each request of the guest, so it imports little.
LINE goes before what the guest says: the PROXY protocol tells a service so who is really connecting.
"""

from __future__ import annotations

import os
import select
import socket
import sys

PIECE = 65536


def forward(port: int, given: int = 0, taken: int = 1, line: str = "") -> None:
    """Copy both ways until both sides have ended; `given` and `taken` are the descriptors of the guest's side."""
    with socket.create_connection(("127.0.0.1", port)) as there:
        if line:
            there.sendall(f"{line}\r\n".encode())
        waiting = [given, there.fileno()]
        while there.fileno() in waiting:
            ready, _, _ = select.select(waiting, [], [])
            for descriptor in ready:
                piece = os.read(descriptor, PIECE)
                if not piece:
                    waiting.remove(descriptor)
                    if descriptor == given:
                        there.shutdown(socket.SHUT_WR)
                elif descriptor == given:
                    there.sendall(piece)
                else:
                    _write(taken, piece)


def _write(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


if __name__ == "__main__":
    forward(int(sys.argv[1]), line=sys.argv[2] if len(sys.argv) > 2 else "")
