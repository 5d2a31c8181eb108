"""The name servers, started once for a module that wants them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.hostname_service.dns.rigs.bind import bind
from tests.hostname_service.dns.rigs.knot import knot
from tests.hostname_service.dns.rigs.serving import NameServer


@pytest.fixture(scope="module")
def bind_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NameServer]:
    """A real BIND."""
    with bind(tmp_path_factory.mktemp("bind")) as server:
        yield server


@pytest.fixture(scope="module")
def knot_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NameServer]:
    """A real Knot."""
    with knot(tmp_path_factory.mktemp("knot")) as server:
        yield server
