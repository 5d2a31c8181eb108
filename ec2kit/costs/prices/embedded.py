"""The table that comes with ec2kit: for who has no other prices. It is old, and says so.

`python -m docs.prices` makes it of public documents, which it names; docs/reference/prices.md tells what is in it.
"""

from __future__ import annotations

import gzip
from functools import cache
from importlib.resources import files

from ec2kit.costs.prices.book_files import BookFile, parse_book

NAME = "table.json.gz"
SHOWN = "the table that comes with ec2kit"


@cache
def embedded() -> BookFile:
    """The shelf; read once."""
    packed = (files("ec2kit.costs.prices") / NAME).read_bytes()
    return parse_book(gzip.decompress(packed).decode(), SHOWN)
