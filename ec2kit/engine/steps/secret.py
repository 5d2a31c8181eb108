"""What a step carries but the journal must not: user data, of which only the sha256 is written down."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from ec2kit.errors import Ec2kitError


@dataclass(frozen=True)
class Secret:
    """A text known by its sha256; the text itself is in memory only, and gone after a kill."""

    sha256: str
    text: str | None = field(default=None, repr=False, compare=False)

    @classmethod
    def of(cls, text: str) -> Secret:
        """The secret that is this text."""
        return cls(sha256_of(text), text)

    def reveal(self) -> str:
        """The text; raises `Ec2kitError` when only its sha256 came back from the journal."""
        if self.text is None:
            raise Ec2kitError(
                "the interrupted run needs its user data, which is never written to the journal",
                hint="run the same command again with `--new`",
            )
        return self.text


def sha256_of(text: str) -> str:
    """The sha256 of a text in hexadecimal; bytes that were no UTF-8 are taken as they were."""
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()
