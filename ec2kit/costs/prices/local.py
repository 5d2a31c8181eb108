"""The prices on this machine: books that were updated or imported, by their date, and the table that comes with ec2kit.

Each update is a file of its own, so that the prices of a past day can be asked for, two jobs at once do not meet, and
a full disk loses nothing: `20261123T150000Z-1f2e3d4c.json`. The newest goes before.
"""

from __future__ import annotations

import hashlib
import re
import shlex
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

from ec2kit.costs.prices.book import PriceBook
from ec2kit.costs.prices.book_files import BookFile, parse_book
from ec2kit.costs.prices.embedded import embedded
from ec2kit.costs.prices.price import Machine, PriceList
from ec2kit.costs.prices.products import in_file
from ec2kit.costs.prices.units import Thing, UnitPrice
from ec2kit.host.files import atomic_write, ensure_directory, read_text

_NAME = re.compile(r"(?P<at>\d{8}T\d{6}Z)-[0-9a-f]{8}\.json")
_STAMP = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True)
class KeptBook:
    """A book in a file, read when it is looked up in: an old one that somebody has damaged is in nobody's way."""

    path: Path

    def machine(self, machine: Machine) -> PriceList | None:
        """The prices of a machine; raises `MalformedFile`."""
        with self._whole():
            return self._book.machine(machine)

    def unit(self, thing: Thing) -> UnitPrice | None:
        """The price of what a machine hangs on; raises `MalformedFile`."""
        with self._whole():
            return self._book.unit(thing)

    def machines(self) -> Iterator[Machine]:
        """Every machine in it; raises `MalformedFile`."""
        with self._whole():
            yield from self._book.machines()

    def things(self) -> Iterator[Thing]:
        """Everything else in it; raises `MalformedFile`."""
        with self._whole():
            yield from self._book.things()

    @cached_property
    def _book(self) -> BookFile:
        return parse_book(read_text(self.path), str(self.path))

    def _whole(self) -> AbstractContextManager[None]:
        """What is not in it may be in an older one; but nobody is given an older price without a word."""
        away = shlex.quote(str(self.path))
        return in_file(f"put it away, and the others have the answer: mv {away} {away}.damaged")


def local_book(directory: Path, at: datetime | None = None) -> PriceBook:
    """What is known here now, or was at a time: books that were kept later, and prices of later, are left out."""
    return PriceBook((*map(KeptBook, kept_books(directory, at)), embedded()), at)


def kept_books(directory: Path, at: datetime | None = None) -> tuple[Path, ...]:
    """The files of books, the newest first; with a time those that were kept until then."""
    if not directory.is_dir():
        return ()
    found = [path for path in directory.iterdir() if _NAME.fullmatch(path.name)]
    if at is not None:
        found = [path for path in found if path.name.split("-")[0] <= at.strftime(_STAMP)]
    return tuple(sorted(found, reverse=True))


def keep_book(directory: Path, text: str, now: datetime) -> Path:
    """Keep a book's text, and return where; the same text at the same second is kept once. Raises `Ec2kitError`."""
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    ensure_directory(directory)
    path = directory / f"{now.strftime(_STAMP)}-{digest}.json"
    atomic_write(path, text.encode())
    return path
