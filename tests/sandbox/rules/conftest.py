"""Fixtures for the tests of the sandbox's rules."""

import pytest

from tests.sandbox.rules.ground import Ground, prepare


@pytest.fixture
def ground() -> Ground:
    """A fresh sandbox with an image to launch."""
    return prepare()
