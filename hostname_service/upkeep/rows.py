"""Every name that there is, read page by page."""

from __future__ import annotations

from collections.abc import Iterator

from hostname_service.claims.ground import Ground
from hostname_service.model import Binding

PAGE = 500


def every(ground: Ground) -> Iterator[Binding]:
    """Every binding, page by page; those made meanwhile may be missing."""
    after = ""
    while page := ground.registry.names(after, PAGE):
        yield from page
        after = page[-1].fqdn
