"""The archive that a kernel unpacks into its first file system: cpio, "newc", byte for byte the same each time.

The format is in the kernel's Documentation/driver-api/early-userspace/buffer-format.rst.
"""

from __future__ import annotations

import stat
from collections.abc import Iterable
from dataclasses import dataclass

MAGIC = b"070701"
TRAILER = "TRAILER!!!"


@dataclass(frozen=True)
class Member:
    """One file, directory or symbolic link (whose `content` is the target); `name` has no leading slash."""

    name: str
    mode: int
    content: bytes = b""


def directory(name: str) -> Member:
    """Given a name, return a directory that everyone may read."""
    return Member(name, stat.S_IFDIR | 0o755)


def file(name: str, content: bytes, mode: int = 0o644) -> Member:
    """Given a name and bytes, return a regular file."""
    return Member(name, stat.S_IFREG | mode, content)


def link(name: str, target: str) -> Member:
    """Given a name and where it points, return a symbolic link."""
    return Member(name, stat.S_IFLNK | 0o777, target.encode())


def archive(members: Iterable[Member]) -> bytes:
    """Given members, return the archive, sorted by name, with every directory that they need.

    All belong to root and are as old as 1970. Archives may follow one another: the kernel unpacks each.
    """
    named = {member.name: member for member in members}
    for name in list(named):
        while (name := name.rpartition("/")[0]) and name not in named:
            named[name] = directory(name)
    # A parent's name is the beginning of its children's, so the order puts it before them.
    parts = [_entry(number, named[name]) for number, name in enumerate(sorted(named), start=1)]
    return b"".join([*parts, _entry(0, Member(TRAILER, 0))])


def _entry(number: int, member: Member) -> bytes:
    name = member.name.encode() + b"\0"
    links = 2 if stat.S_ISDIR(member.mode) else 1
    fields = (number, member.mode, 0, 0, links, 0, len(member.content), 0, 0, 0, 0, len(name), 0)
    head = MAGIC + b"".join(b"%08X" % field for field in fields) + name
    return _padded(head) + _padded(member.content)


def _padded(part: bytes) -> bytes:
    return part + bytes(-len(part) % 4)
