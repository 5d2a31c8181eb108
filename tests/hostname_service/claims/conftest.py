"""A town for each test."""

from pathlib import Path

import pytest

from tests.hostname_service.claims.town import Town


@pytest.fixture
def town(tmp_path: Path) -> Town:
    """Nobody lives there yet."""
    return Town(tmp_path / "service")
