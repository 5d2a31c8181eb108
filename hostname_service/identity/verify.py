"""From the text that a machine sends to the document that AWS signed for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from hostname_service.identity import cms
from hostname_service.identity.certificates import Signer
from hostname_service.identity.document import read_document
from hostname_service.model import Document


def attest(text: str | bytes, trusted: Sequence[Signer], now: datetime) -> Document:
    """Given the `rsa2048` text of the instance metadata, return the document that is inside and verified.

    Raises `Refused`: `forged`, `certificate-dates`, `document`, `region`.
    Attack: a document that is sent beside a good blob. There is no way to hand one in: the blob is all that is read.
    """
    verified = cms.verify(cms.decode(text), trusted)
    verified.signer.check_dates(now)
    return read_document(verified.content, verified.signer.regions)
