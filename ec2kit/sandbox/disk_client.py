"""A client of the door `/_ec2kit/disk/ID`: raw images into the volumes of a sandbox in another process, and out."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ec2kit.errors import Ec2kitError, NotFound, Unavailable, UsageError
from ec2kit.sandbox.block_files import BLOCK_BYTES, ZEROS
from ec2kit.sandbox.process import Address
from ec2kit.sandbox.raw_files import blocks_of, write_sparse

MOST_BLOCKS = 16
"""Blocks in a request: 8 MiB, so that neither side needs more."""

SECONDS = 60


class DiskClient:
    """The disks of one sandbox. Every method raises Unavailable when it does not answer, NotFound for an unknown id."""

    def __init__(self, address: Address) -> None:
        self._address = address

    def put(self, volume_id: str, source: Path) -> int:
        """Let a volume have exactly what is in a raw image, and return how many blocks that is.

        Raises UsageError for an image that is larger than the volume.
        """
        with self._connected() as connection:
            left = set(self._shown(connection, volume_id)["blocks"])
            written = 0
            for index, data in _runs(blocks_of(source)):
                blocks = range(index, index + len(data) // BLOCK_BYTES)
                self._ask(connection, "PUT", f"{volume_id}?index={index}", data)
                left.difference_update(blocks)
                written += len(blocks)
            for index in sorted(left):
                self._ask(connection, "PUT", f"{volume_id}?index={index}", ZEROS)
            return written

    def get(self, resource_id: str, target: Path) -> None:
        """Make a sparse raw image of a volume or a snapshot. Raises OSError when the disk here refuses."""
        with self._connected() as connection:
            size_gib = int(self._shown(connection, resource_id)["size_gib"])
        write_sparse(target, size_gib, self.read(resource_id))

    def size_gib(self, resource_id: str) -> int:
        """How large a volume or a snapshot is."""
        with self._connected() as connection:
            return int(self._shown(connection, resource_id)["size_gib"])

    def read(self, resource_id: str) -> Iterator[tuple[int, bytes]]:
        """Yield the index and the bytes of each block that a volume or a snapshot has."""
        with self._connected() as connection:
            for index in self._shown(connection, resource_id)["blocks"]:
                yield index, self._ask(connection, "GET", f"{resource_id}?index={index}")

    def write(self, volume_id: str, blocks: Iterable[tuple[int, bytes]]) -> int:
        """Write whole blocks to a volume, and return how many."""
        written = 0
        with self._connected() as connection:
            for index, data in _runs(blocks):
                self._ask(connection, "PUT", f"{volume_id}?index={index}", data)
                written += len(data) // BLOCK_BYTES
        return written

    def indexes(self, resource_id: str) -> list[int]:
        """Which blocks a volume or a snapshot has."""
        with self._connected() as connection:
            return list(self._shown(connection, resource_id)["blocks"])

    @contextmanager
    def _connected(self) -> Iterator[HTTPConnection]:
        url = urlsplit(self._address.endpoint)
        connection = HTTPConnection(url.hostname or "127.0.0.1", url.port, timeout=SECONDS)
        try:
            yield connection
        finally:
            connection.close()

    def _shown(self, connection: HTTPConnection, resource_id: str) -> dict[str, Any]:
        shown: dict[str, Any] = json.loads(self._ask(connection, "GET", resource_id))
        return shown

    def _ask(self, connection: HTTPConnection, method: str, target: str, body: bytes | None = None) -> bytes:
        headers = {"X-Ec2kit-Token": self._address.token}
        try:
            connection.request(method, f"/_ec2kit/disk/{target}", body=body, headers=headers)
            response = connection.getresponse()
            answer = response.read()
        except (OSError, HTTPException) as wrong:
            text = f"the sandbox at {self._address.endpoint} does not answer: {wrong}"
            raise Unavailable(text, hint="`ec2kit sandbox start` starts one") from wrong
        if response.status >= 400:
            told = json.loads(answer)
            kind = {400: UsageError, 404: NotFound}.get(response.status, Ec2kitError)
            raise kind(str(told["error"]), hint=str(told["hint"]))
        return answer


def _runs(blocks: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
    """Yield blocks that follow one another as one piece, with the index of the first."""
    start, pieces = 0, list[bytes]()
    for index, data in blocks:
        if pieces and (index != start + len(pieces) or len(pieces) == MOST_BLOCKS):
            yield start, b"".join(pieces)
            pieces = []
        if not pieces:
            start = index
        pieces.append(data)
    if pieces:
        yield start, b"".join(pieces)
