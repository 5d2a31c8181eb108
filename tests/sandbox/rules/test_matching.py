"""Filters and pages as such."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.ec2.exceptions import EC2ClientError

from ec2kit.sandbox.rules.matching import Reader, keep, pattern
from ec2kit.sandbox.rules.pages import page


@dataclass(frozen=True)
class Thing:
    """A resource with a size and tags."""

    size: int
    live: bool = True
    tags: dict[str, str] = field(default_factory=dict)

    def get_tags(self) -> list[dict[str, str]]:
        return [{"key": key, "value": value} for key, value in self.tags.items()]


TABLE: dict[str, Reader] = {"size": lambda one: [one.size], "live": lambda one: [one.live]}
THINGS = [
    Thing(1, tags={"role": "web"}),
    Thing(2, live=False, tags={"role": "mail*"}),
    Thing(22, tags={"other": "web"}),
]


@pytest.mark.parametrize(
    "filters, sizes",
    [
        ([("size", ["1"])], [1]),
        ([("size", ["1", "22"])], [1, 22]),
        ([("size", ["2*"])], [2, 22]),
        ([("size", ["2?"])], [22]),
        ([("live", ["false"])], [2]),
        ([("size", ["2*"]), ("live", ["true"])], [22]),
        ([("tag:role", ["web"])], [1]),
        ([("tag:role", ["mail\\*"])], [2]),
        ([("tag:role", ["*"])], [1, 2]),
        ([("tag-key", ["other"])], [22]),
        ([("tag-value", ["web"])], [1, 22]),
        ([("size", [])], []),
    ],
)
def test_filters(filters: list[tuple[str, list[str]]], sizes: list[int]) -> None:
    asked = [{"Name": name, "Values": values} for name, values in filters]
    assert [one.size for one in keep(THINGS, asked, TABLE)] == sizes


@given(st.text(max_size=20))
def test_an_escaped_text_matches_itself_only(text: str) -> None:
    escaped = "".join(f"\\{one}" if one in "*?\\" else one for one in text)
    assert pattern(escaped).fullmatch(text)
    assert not pattern(escaped).fullmatch(text + "x")


@given(st.lists(st.integers(), max_size=60), st.integers(min_value=5, max_value=20))
def test_pages_hold_every_item_once_and_in_order(items: list[int], size: int) -> None:
    seen: list[int] = []
    token: str | None = None
    while True:
        part, token = page(items, size, token)
        assert len(part) <= size
        seen += part
        if token is None:
            break
    assert seen == items


def test_a_token_of_somebody_else_is_refused() -> None:
    with pytest.raises(EC2ClientError) as caught:
        page([1, 2, 3], 5, "r-0123456789abcdef0")
    assert caught.value.code == "InvalidNextToken"
