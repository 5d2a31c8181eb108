"""What goes into a column comes back, and times sort as text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from ec2kit.host.columns import json_text, plain, read_json, read_time, time_text

offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(timezones=offsets).filter(lambda moment: 1 < moment.year < 9999)
plain_data = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(moments)
def test_a_time_comes_back_in_utc(moment: datetime) -> None:
    assert read_time(time_text(moment)) == moment
    assert read_time(time_text(moment)).tzinfo is UTC


@given(moments, moments)
def test_times_sort_as_their_texts_do(one: datetime, other: datetime) -> None:
    assert (one < other) == (time_text(one) < time_text(other))


@given(plain_data)
def test_plain_data_comes_back(value: object) -> None:
    assert read_json(json_text(value)) == value


@given(st.text(st.characters()))
def test_any_text_can_be_stored_and_ordinary_text_stays(text: str) -> None:
    assert plain(text).encode().decode() == plain(text)
    if text.isprintable():
        assert plain(text) == text
