"""Both registries, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hostname_service.registry.port import Registry
from hostname_service.registry.sqlite import SqliteRegistry
from tests.hostname_service.registry.ground import dynamo, dynamo_table, sqlite_path


@pytest.fixture(params=["sqlite", "dynamodb"])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Registry, Registry]]:
    """Two objects on the same rows, as two replicas have them."""
    if request.param == "sqlite":
        path = sqlite_path(tmp_path)
        yield SqliteRegistry(path), SqliteRegistry(path)
    else:
        with dynamo_table() as table:
            yield dynamo(table), dynamo(table)


@pytest.fixture
def registry(pair: tuple[Registry, Registry]) -> Registry:
    """One of them."""
    return pair[0]
