"""Whose word counts, and what is tried when others are quicker."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from ipaddress import ip_address

import pytest

from hostname_service.assignments.patterns import Pattern
from hostname_service.assignments.reading import read_assignments
from hostname_service.assignments.tags import TAG
from hostname_service.assignments.which import (
    TRIES,
    Origin,
    Word,
    candidates,
    first_given,
    taken_of,
    word_for,
)
from hostname_service.errors import Held, Later, Refused, ServiceError

ZONES = ("shop.example.com",)
ONE = "i-0123456789abcdef0"
BEGAN = datetime(2026, 5, 1, 12, tzinfo=UTC)
FILE = f"- instance: {ONE}\n  name: by-file\n"
WEB = Pattern("web-", ".shop.example.com")


def asked(ordered: str, tags: Mapping[str, str] | None, file: str = FILE) -> Word:
    from hostname_service.model import Document

    document = Document("123456789012", ONE, "eu-west-1", ip_address("10.0.0.5"), BEGAN)
    return word_for(document, tags, ordered, read_assignments(file, ZONES), ZONES)


@pytest.mark.parametrize(
    "ordered, tags, name, origin",
    [
        ("by-order", {TAG: "by-tag"}, "by-order.shop.example.com", Origin.ORDER),
        ("by-order", None, "by-order.shop.example.com", Origin.ORDER),
        ("", {TAG: "by-tag"}, "by-tag.shop.example.com", Origin.TAG),
        ("", {TAG: "web-{n}"}, WEB, Origin.TAG),
        ("", {TAG: ""}, "by-file.shop.example.com", Origin.FILE),
        ("", {"Name": "by-name"}, "by-file.shop.example.com", Origin.FILE),
        ("", {}, "by-file.shop.example.com", Origin.FILE),
    ],
)
def test_the_order_counts_before_the_tag_and_the_tag_before_the_file(
    ordered: str, tags: dict[str, str] | None, name: str | Pattern, origin: Origin
) -> None:
    assert asked(ordered, tags) == Word(name, origin)


@pytest.mark.parametrize(
    "ordered, tags, file, reason",
    [
        ("", {}, "", "no-name"),
        ("", None, FILE, "tags-away"),
        ("", {TAG: "Bad Name"}, FILE, "bad-name"),
        ("", {TAG: "web.evil.org"}, FILE, "bad-name"),
        ("", {TAG: "web-{n}-{n}"}, FILE, "bad-name"),
        ("", {TAG: "$(reboot)"}, FILE, "bad-name"),
        ("web.evil.org", {TAG: "by-tag"}, FILE, "bad-name"),
    ],
)
def test_a_wrong_word_is_refused_and_the_next_one_does_not_stand_in(
    ordered: str, tags: dict[str, str] | None, file: str, reason: str
) -> None:
    with pytest.raises(ServiceError) as ended:
        asked(ordered, tags, file)
    assert ended.value.reason == reason
    assert isinstance(ended.value, Later if reason == "tags-away" else Refused)


def nobody(pattern: Pattern) -> Sequence[str]:
    return ()


def test_a_name_comes_into_question_alone_and_a_number_is_kept() -> None:
    assert list(candidates(Word("db.shop.example.com", Origin.TAG), "", nobody)) == ["db.shop.example.com"]
    word = Word(WEB, Origin.TAG)
    assert list(candidates(word, "web-7.shop.example.com", nobody)) == ["web-7.shop.example.com"]
    free = list(candidates(word, "db.shop.example.com", lambda _: [WEB.name(1), WEB.name(3)]))
    assert free[:3] == [WEB.name(2), WEB.name(4), WEB.name(5)]
    assert len(free) == TRIES


def giving(taken: Mapping[str, str]) -> Callable[[str], str]:
    def give(name: str) -> str:
        if name in taken:
            raise Held(taken[name], "no")
        return name

    return give


def test_the_next_one_is_tried_when_another_was_quicker() -> None:
    give = giving({"a": "held", "b": "dns-held"})
    assert first_given(iter("abc"), give) == "c"


@pytest.mark.parametrize(
    "names, taken, ended",
    [
        ("ab", {"a": "has-name"}, "has-name"),
        ("ab", {"a": "changed"}, "changed"),
        ("a", {"a": "held"}, "held"),
        ("ab", {"a": "held", "b": "held"}, "crowded"),
        ("", {}, "crowded"),
    ],
)
def test_what_the_next_one_would_not_help_is_told(names: str, taken: dict[str, str], ended: str) -> None:
    with pytest.raises(ServiceError) as told:
        first_given(iter(names), giving(taken))
    assert told.value.reason == ended


def test_only_the_patterns_part_of_the_list_is_read() -> None:
    names = sorted(
        [*(WEB.name(number) for number in range(1, 2501)), "db.shop.example.com", "web.shop.example.com", "x"]
        + [f"app-{number}.shop.example.com" for number in range(3000)]
    )
    asked_behind: list[str] = []

    def page(after: str, most: int) -> Sequence[str]:
        asked_behind.append(after)
        return [name for name in names if name > after][:most]

    assert sorted(taken_of(WEB, page)) == sorted(WEB.name(number) for number in range(1, 2501))
    assert asked_behind[0] == "web-"
    assert len(asked_behind) == 3
