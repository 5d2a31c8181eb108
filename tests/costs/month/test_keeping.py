"""What Cost Explorer said is kept to the last digit, and only as long as it holds."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ec2kit.costs.month.billing import Told
from ec2kit.costs.month.keeping import holds, text_of, told_of
from ec2kit.model.bills import Billed, Days, Foreseen
from ec2kit.model.money import Money
from tests.costs.month.bill import NOW, told

AMOUNTS = st.decimals(-(10**9), 10**9, places=10, allow_nan=False, allow_infinity=False)
DATES = st.dates(date(2020, 1, 1), date(2090, 1, 1))
BILLED = st.builds(
    Billed,
    DATES.map(lambda day: Days(day, day + timedelta(days=1))),
    st.tuples(st.text(max_size=20), st.text(max_size=20)),
    st.builds(Money, AMOUNTS),
    st.builds(Money, AMOUNTS),
    st.booleans(),
)
TOLD = st.builds(
    Told,
    st.datetimes(datetime(2020, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
        lambda moment: moment.replace(microsecond=0)
    ),
    st.lists(BILLED, max_size=4).map(tuple),
    st.lists(BILLED, max_size=4).map(tuple),
    st.lists(st.builds(Foreseen, DATES, AMOUNTS, AMOUNTS, AMOUNTS), max_size=4).map(tuple),
    st.integers(0, 50),
    st.text(max_size=30),
)


@given(TOLD)
def test_it_comes_back_as_it_was(said: Told) -> None:
    assert told_of(text_of(said)) == said


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"version": 2}',
        '{"version": 1}',
        json.dumps({"version": 1, "asked": "yesterday"}),
    ],
)
def test_a_text_that_is_none_of_ours_is_asked_again(text: str) -> None:
    assert told_of(text) is None


def test_a_cut_or_garbled_text_is_asked_again() -> None:
    text = text_of(told(["10", "20"]))
    assert told_of(text[: len(text) // 2]) is None
    assert told_of(text.replace('"10"', '"ten"')) is None


@pytest.mark.parametrize(
    "age, refusal, expected",
    [
        (timedelta(), "", True),
        (timedelta(hours=5, minutes=59), "", True),
        (timedelta(hours=6), "", False),
        (timedelta(minutes=59), "not permitted", True),
        (timedelta(hours=1), "not permitted", False),
        # A clock that went back.
        (timedelta(hours=-1), "", False),
    ],
)
def test_how_long_it_holds(age: timedelta, refusal: str, expected: bool) -> None:
    said = replace(told(["10"]), refusal=refusal)
    assert holds(said, NOW + age) is expected


def test_another_month_is_another_question() -> None:
    last = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)
    assert not holds(told(["10"], last), last + timedelta(hours=1))
