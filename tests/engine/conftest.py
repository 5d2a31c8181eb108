"""One seeded account for all tests of a module, because making it takes longer than most of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.engine.practice import Practice


@pytest.fixture(scope="module")
def account() -> Practice:
    """The account."""
    return Practice()


@pytest.fixture
def practice(account: Practice) -> Iterator[Practice]:
    """The account, with a run of its own for each test and nothing wrong in it."""
    yield account.anew()
    account.sandbox.app.hooks.before.clear()
    account.sandbox.app.hooks.after.clear()
