"""The NBD protocol's messages as bytes, for a server that is only read. Pure.

From the NetworkBlockDevice project's doc/proto.md: fixed newstyle negotiation, an export chosen by
NBD_OPT_GO or NBD_OPT_EXPORT_NAME, simple replies.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

OPTION_MAGIC = b"IHAVEOPT"
FIXED_NEWSTYLE, NO_ZEROES = 1, 2
GREETING = b"NBDMAGIC" + OPTION_MAGIC + struct.pack(">H", FIXED_NEWSTYLE | NO_ZEROES)
OPTION_HEAD, REQUEST_HEAD = struct.Struct(">8sII"), struct.Struct(">IHHQQI")
REQUEST_MAGIC = 0x25609513

LARGEST_READ = 32 << 20
"""Bytes: what every server must be able to send ("Block size constraints")."""
LARGEST_OPTION = 8_192

_OPTION_REPLY, _SIMPLE_REPLY = 0x3E889045565A9, 0x67446698
_ACK, _SERVER, _INFO, _UNSUPPORTED, _UNKNOWN = 1, 2, 3, 0x8000_0001, 0x8000_0006
_INFO_EXPORT, _INFO_BLOCK_SIZE = 0, 3
_EXPORT_FLAGS = 0b1_0000_0011
"""NBD_FLAG_HAS_FLAGS, NBD_FLAG_READ_ONLY, NBD_FLAG_CAN_MULTI_CONN."""


class Option(IntEnum):
    """NBD_OPT_*: what a client asks before it reads."""

    EXPORT_NAME = 1
    ABORT = 2
    LIST = 3
    INFO = 6
    GO = 7


class Command(IntEnum):
    """NBD_CMD_*: what it asks afterwards."""

    READ = 0
    WRITE = 1
    DISCONNECT = 2


class Trouble(IntEnum):
    """What a reply says went wrong."""

    NONE = 0
    EPERM = 1
    EIO = 5
    EINVAL = 22


@dataclass(frozen=True)
class Request:
    """`length` bytes at `offset`; the reply carries the same `cookie`."""

    command: int
    cookie: int
    offset: int
    length: int


def parse_request(head: bytes) -> Request | None:
    """Given the 28 bytes of a request, return it; None when they are none."""
    magic, _, command, cookie, offset, length = REQUEST_HEAD.unpack(head)
    return Request(command, cookie, offset, length) if magic == REQUEST_MAGIC else None


def reply(cookie: int, trouble: Trouble, data: bytes = b"") -> bytes:
    """Given how a request went, return the reply."""
    return struct.pack(">IIQ", _SIMPLE_REPLY, trouble, cookie) + data


def export_named(size: int, client_flags: int) -> bytes:
    """Given an export's size, return the answer to NBD_OPT_EXPORT_NAME, which has no head."""
    return struct.pack(">QH", size, _EXPORT_FLAGS) + (b"" if client_flags & NO_ZEROES else bytes(124))


def wanted(option: int, data: bytes) -> str:
    """Given an option with its data, return the export's name that it holds."""
    if option in (Option.INFO, Option.GO):
        (length,) = struct.unpack_from(">I", data) if len(data) >= 4 else (0,)
        data = data[4 : 4 + length]
    return data.decode(errors="replace")


def answer(option: int, name: str, sizes: Mapping[str, int]) -> bytes:
    """Given an option and the exports' sizes, return the replies to it."""
    if option == Option.LIST:
        names = [known.encode() for known in sizes]
        listed = [_option_reply(option, _SERVER, struct.pack(">I", len(known)) + known) for known in names]
        return b"".join([*listed, _option_reply(option, _ACK)])
    if option == Option.ABORT:
        return _option_reply(option, _ACK)
    if option not in (Option.INFO, Option.GO):
        return _option_reply(option, _UNSUPPORTED)
    if name not in sizes:
        return _option_reply(option, _UNKNOWN)
    about = struct.pack(">HQH", _INFO_EXPORT, sizes[name], _EXPORT_FLAGS)
    blocks = struct.pack(">HIII", _INFO_BLOCK_SIZE, 1, 4_096, LARGEST_READ)
    infos = [_option_reply(option, _INFO, info) for info in (about, blocks)]
    return b"".join([*infos, _option_reply(option, _ACK)])


def _option_reply(option: int, kind: int, data: bytes = b"") -> bytes:
    return struct.pack(">QIII", _OPTION_REPLY, option, kind, len(data)) + data
