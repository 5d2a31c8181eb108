"""One name server for all that do not stop it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.hostname_service.dns.rigs.bind import bind
from tests.hostname_service.dns.rigs.serving import NameServer


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NameServer]:
    """A real BIND."""
    with bind(tmp_path_factory.mktemp("bind")) as server:
        yield server
