"""What is in S3 objects, when the state is saved: large ones beside it, in pieces named by their digests.

A bundle is hundreds of megabytes; in the state itself it would be written again at every change of anything.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ec2kit.sandbox.block_files import BlockFiles

LARGE_BYTES = 1024**2
PIECE_BYTES = 8 * 1024**2

_PIECES = "ec2kit_pieces"
# What of moto's key is not state: an open file, and a lock.
_LIVE = ("_value_buffer", "lock")


@dataclass
class Pieces:
    """Where pieces are; `seen` are those that a state which was loaded needs."""

    files: BlockFiles
    seen: set[bytes] = field(default_factory=set)


def is_large(value: Any) -> bool:
    """Whether something is an S3 object that is kept in pieces."""
    # Not imported for it: a sandbox without S3 has no such objects.
    module = sys.modules.get("moto.s3.models")
    if module is None or not isinstance(value, module.FakeKey):
        return False
    return bool(value.contentsize >= LARGE_BYTES and not value._value_buffer.closed)


def reduced(key: Any, pieces: Pieces) -> tuple[Any, ...]:
    """Given a large object, keep its pieces and return what pickle makes it of again. Raises OSError.

    Its content never changes, so it is read once in the life of the sandbox.
    """
    known: tuple[bytes, ...] = key.__dict__.get(_PIECES, ())
    if not known or not all(pieces.files.has(one) for one in known):
        key.__dict__[_PIECES] = tuple(pieces.files.put(piece) for piece in _read(key))
    state = {name: value for name, value in key.__dict__.items() if name not in _LIVE}
    return _blank, (type(key),), (state, pieces), None, None, _restore


def _blank(kind: Any) -> Any:
    return kind.__new__(kind)


def _read(key: Any) -> Iterator[bytes]:
    with key.lock:
        key._value_buffer.seek(0)
        yield from iter(lambda: key._value_buffer.read(PIECE_BYTES), b"")


def _restore(key: Any, saved: tuple[dict[str, Any], Pieces]) -> None:
    state, pieces = saved
    # moto makes the file and the lock, and counts the bytes that it is given.
    key.__setstate__({**state, "value": b""})
    key.contentsize = state["contentsize"]
    for piece in state[_PIECES]:
        key._value_buffer.write(pieces.files.get(piece))
    pieces.seen.update(state[_PIECES])
