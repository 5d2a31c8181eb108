"""The token that goes with a name."""

from __future__ import annotations

from datetime import timedelta, timezone

import pytest

from hostname_service.model import MachineKey
from hostname_service.puppet.tokens import same_token, token_of
from tests.hostname_service.puppet.ground import BEGAN, ID, MACHINE, NAME, SECRET, TOKEN


def test_the_same_answer_again_in_whatever_zone() -> None:
    east = BEGAN.astimezone(timezone(timedelta(hours=9)))
    assert token_of(SECRET, MACHINE, east, NAME) == TOKEN
    assert len(TOKEN) == 65
    assert TOKEN[0] == "t"


def test_everything_makes_another_token() -> None:
    tokens = [
        TOKEN,
        token_of(SECRET[::-1], MACHINE, BEGAN, NAME),
        token_of(SECRET, MachineKey("111122223333", ID), BEGAN, NAME),
        token_of(SECRET, MachineKey("123456789012", "i-0123456789abcdef1"), BEGAN, NAME),
        token_of(SECRET, MACHINE, BEGAN + timedelta(seconds=1), NAME),
        token_of(SECRET, MACHINE, BEGAN, "web-2.shop.example.com"),
        # A part that takes a character from its neighbour.
        token_of(SECRET, MachineKey("123456789012i", ID[1:]), BEGAN, NAME),
    ]
    assert len(set(tokens)) == len(tokens)


@pytest.mark.parametrize("other", ["", TOKEN[:-1], TOKEN + "0", TOKEN.upper(), "é"])
def test_no_other_is_the_same(other: str) -> None:
    assert same_token(TOKEN, TOKEN)
    assert not same_token(other, TOKEN)
    assert not same_token("", "")
