"""The account and the shell that most of these tests type into; a module that wants others has its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.screens import Shell
from tests.sandbox.seeded import Seeded


@pytest.fixture
def sandbox() -> Seeded:
    """The seeded account, in which nothing is still to be seen late."""
    seeded = Seeded()
    seeded.tick(600)
    return seeded


@pytest.fixture
def shell(sandbox: Seeded, tmp_path: Path) -> Shell:
    """A pipe, with a home of its own."""
    return Shell(tmp_path, sandbox)
