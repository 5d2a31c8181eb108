"""Looking into a file: is it CSV, Parquet, XML, packed or in a zip, and what are its columns. Reads the beginning
only."""

from __future__ import annotations

import csv
import gzip
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO, cast

from ec2kit.errors import UsageError

HEAD = 1 << 20
"""Bytes in which a header ends: a CUR of many tags has some 20 kB of it."""
BOM = b"\xef\xbb\xbf"


class Kind(StrEnum):
    """How it is written."""

    CSV = "csv"
    XML = "xml"
    PARQUET = "parquet"


@dataclass(frozen=True)
class Opened:
    """A file that was looked into; `header` is a CSV's."""

    kind: Kind
    header: tuple[str, ...] = ()
    packed: bool = False
    zipped: bool = False


def look(path: Path, shown: str) -> Opened:
    """Given a file, return how it is written. Raises `UsageError` for what is no report at all."""
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise UsageError(f"'{shown}' cannot be read: {why}", resource=shown) from error
    if not magic:
        raise UsageError(f"'{shown}' is empty", resource=shown)
    if magic == b"PAR1":
        return Opened(Kind.PARQUET)
    packed, zipped = magic[:2] == b"\x1f\x8b", magic == b"PK\x03\x04"
    with unpacked(path, shown, packed=packed, zipped=zipped) as file:
        head = file.read(HEAD).removeprefix(BOM)
    if head.lstrip().startswith(b"<"):
        return Opened(Kind.XML, (), packed, zipped)
    return Opened(Kind.CSV, _header(head, shown), packed, zipped)


def _header(head: bytes, shown: str) -> tuple[str, ...]:
    line = next((each for each in head.splitlines() if each.strip()), b"")
    if b"\0" in head:
        raise UsageError(
            f"'{shown}' is no report: there is binary data in it",
            hint="CSV, CSV in gzip or zip, Parquet and XML are read",
            resource=shown,
        )
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"'{shown}', line 1: it is not UTF-8", resource=shown) from error
    if not text or (len(head) == HEAD and len(line) == HEAD):
        raise UsageError(f"'{shown}' has no header", resource=shown)
    try:
        return tuple(next(csv.reader([text], strict=True)))
    except csv.Error as error:
        raise UsageError(f"'{shown}', line 1: {error}", resource=shown) from error


@contextmanager
def unpacked(path: Path, shown: str, *, packed: bool, zipped: bool) -> Iterator[IO[bytes]]:
    """A file's own bytes as a stream. Raises `UsageError` where it is damaged, in the block too."""
    try:
        if packed:
            with path.open("rb") as packed_file, gzip.GzipFile(fileobj=packed_file) as file:
                yield cast("IO[bytes]", file)
        elif zipped:
            with zipfile.ZipFile(path) as archive, archive.open(_only(archive, shown)) as member:
                yield member
        else:
            with path.open("rb") as plain:
                yield plain
    except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile, RuntimeError) as error:
        form = "zip" if zipped else "gzip"
        raise UsageError(
            f"'{shown}' ends too early, or is damaged ({form})",
            hint="download it again; reports are only ever written whole",
            resource=shown,
        ) from error


def _only(archive: zipfile.ZipFile, shown: str) -> zipfile.ZipInfo:
    found = [each for each in archive.infolist() if not each.is_dir()]
    if len(found) != 1:
        raise UsageError(
            f"'{shown}' has {len(found)} files in it, where AWS puts one",
            hint="unpack it, and name the reports in it",
            resource=shown,
        )
    return found[0]
