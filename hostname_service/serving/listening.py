"""Where it is listened: `ADDRESS:PORT`, `[ADDRESS]:PORT`, `unix:/PATH`, or `systemd` and `systemd:NAME` for a socket
that systemd opened for us (sd_listen_fds(3))."""

from __future__ import annotations

import os
import re
import shutil
import socket
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from hostname_service.errors import BadConfig

BACKLOG = 512
"""Connections that wait to be taken: a boot storm comes at once. The kernel caps it at net.core.somaxconn."""
FIRST = 3
"""The first descriptor that systemd hands over (SD_LISTEN_FDS_START)."""
_TCP = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<four>[0-9.]+)):(?P<port>[0-9]{1,5})")


@dataclass(frozen=True)
class Place:
    """A socket that listens, and how to let go of it."""

    socket: socket.socket
    path: Path | None = None
    """The file of a unix socket that was made here."""
    made: tuple[int, int] = (0, 0)
    """The file's number and when it was made: numbers are used again at once."""

    @property
    def url(self) -> str:
        """Where a client finds it; empty for a unix socket."""
        if self.socket.family == socket.AF_UNIX:
            return ""
        host, port = self.socket.getsockname()[:2]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def close(self) -> None:
        """Stop listening. The file goes only if it is still ours: another process may have made a new one."""
        self.socket.close()
        if self.path is not None:
            try:
                if _made(self.path) == self.made:
                    self.path.unlink()
            except FileNotFoundError:
                return


def listen(where: str, environ: Mapping[str, str], pid: int, group: str = "") -> Place:
    """Given where, and what systemd may have said to the process `pid`, return the socket; raises `BadConfig`.

    `group`: who may connect to a unix socket besides its owner; empty: nobody.
    """
    if where == "systemd" or where.startswith("systemd:"):
        return Place(inherited(environ, pid, where.partition(":")[2]))
    if where.startswith("unix:"):
        return _unix(Path(where.removeprefix("unix:")), group)
    return Place(_tcp(where))


def inherited(environ: Mapping[str, str], pid: int, name: str = "") -> socket.socket:
    """The socket that systemd handed over, by its `FileDescriptorName=`; without a name there must be just one."""
    count = environ.get("LISTEN_FDS", "")
    if environ.get("LISTEN_PID") != str(pid) or not re.fullmatch(r"[1-9][0-9]{0,2}", count):
        raise BadConfig("listen: systemd handed over no socket: start it by its socket unit")
    names = environ.get("LISTEN_FDNAMES", "").split(":")
    fds = [FIRST + at for at in range(int(count)) if not name or names[at : at + 1] == [name]]
    if len(fds) != 1:
        raise BadConfig(f"listen: systemd handed over {len(fds)} sockets of the name '{name}', not one")
    try:
        found = socket.socket(fileno=os.dup(fds[0]))
        listens = found.type == socket.SOCK_STREAM and found.getsockopt(
            socket.SOL_SOCKET, socket.SO_ACCEPTCONN
        )
    except OSError as error:
        raise BadConfig(
            f"listen: descriptor {fds[0]}, which systemd handed over, is no socket: {error}"
        ) from error
    if not listens:
        found.close()
        raise BadConfig("listen: the socket that systemd handed over does not listen: want Accept=no")
    return found


def _tcp(where: str) -> socket.socket:
    found = _TCP.fullmatch(where)
    try:
        address = ip_address(found["six"] or found["four"]) if found else None
    except ValueError:
        address = None
    if found is None or address is None or int(found["port"]) > 65535:
        raise BadConfig(f"listen: '{where}' is not ADDRESS:PORT, [ADDRESS]:PORT, unix:/PATH or systemd:NAME")
    listener = socket.socket(socket.AF_INET6 if address.version == 6 else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        if address.version == 6:
            # `[::]` alone is for both: an IPv4 client is then seen as ::ffff:a.b.c.d, which is read as IPv4.
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(not address.is_unspecified))
        listener.bind((str(address), int(found["port"])))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise BadConfig(f"listen: '{where}' cannot be listened on: {error.strerror}") from error
    return listener


def _unix(path: Path, group: str) -> Place:
    """A socket that its owner alone may connect to, from its first moment: whoever connects can give any name. Its
    group is let in afterwards, once it is the right one."""
    if not path.is_absolute():
        raise BadConfig(f"listen: the path of 'unix:{path}' begins with a slash")
    try:
        _remove_stale(path)
    except OSError as error:
        raise BadConfig(f"listen: '{path}' cannot be listened on: {error}") from error
    listener = socket.socket(socket.AF_UNIX)
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
        path.chmod(0o600)
        if group:
            shutil.chown(path, group=group)
            path.chmod(0o660)
        listener.listen(BACKLOG)
    except (OSError, LookupError) as error:
        listener.close()
        raise BadConfig(f"listen: '{path}' cannot be listened on: {error}") from error
    finally:
        os.umask(before)
    return Place(listener, path, _made(path))


def _made(path: Path) -> tuple[int, int]:
    found = path.lstat()
    return found.st_ino, found.st_ctime_ns


def _remove_stale(path: Path) -> None:
    """A socket that nobody listens on is what a killed process left; anything else stays."""
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise BadConfig(f"listen: '{path}' is there and is no socket")
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
    raise BadConfig(f"listen: somebody listens on '{path}' already")
