"""One certificate for all, and a machine for each test."""

from pathlib import Path

import pytest

from tests.hostnames.certificates import Pair, self_signed
from tests.hostnames.machine import Machine


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return self_signed(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def machine(tmp_path: Path, pair: Pair) -> Machine:
    return Machine(tmp_path / "root", pair)
