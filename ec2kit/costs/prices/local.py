"""The prices on this machine: books that were updated or imported, by their date, and the table that comes with ec2kit.

Each update is a file of its own, so that the prices of a past day can be asked for, two jobs at once do not meet, and
a full disk loses nothing: `20261123T150000Z-1f2e3d4c.json`. The newest goes before.
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from pathlib import Path

from ec2kit.costs.prices.book import PriceBook
from ec2kit.costs.prices.book_files import BookFile, parse_book
from ec2kit.costs.prices.embedded import embedded
from ec2kit.errors import NotFound
from ec2kit.host.files import atomic_write, ensure_directory, read_text

_NAME = re.compile(r"(?P<at>\d{8}T\d{6}Z)-[0-9a-f]{8}\.json")
_STAMP = "%Y%m%dT%H%M%SZ"


def local_book(directory: Path, at: datetime | None = None) -> PriceBook:
    """What was known at a time, or is now; books kept since then are left out, and so is what is younger in them.

    Raises `MalformedPrices` for a book that somebody has damaged, and `NotFound` for a time before all of them.
    """
    kept = [parse_book(read_text(path), str(path)) for path in kept_books(directory, at)]
    shelves: list[BookFile] = [each for each in (*kept, embedded()) if at is None or _known(each, at)]
    if not shelves:
        raise NotFound(
            f"no prices of {at:%Y-%m-%d} or before are known here",
            hint="each `ec2kit cost prices --update` keeps a book of its day",
        )
    return PriceBook(tuple(shelves))


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


def _known(book: BookFile, at: datetime) -> bool:
    """Whether every price in it is as old as that."""
    return all(published is None or published <= at for published in book.dates())
