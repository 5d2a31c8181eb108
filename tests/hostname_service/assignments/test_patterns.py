"""Numbers in names."""

from __future__ import annotations

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostname_service.assignments.patterns import MOST, Pattern, free_names, pattern_in

ZONES = ("shop.example.com",)
WEB = Pattern("web-", ".shop.example.com")


@pytest.mark.parametrize("text", ["web-{n}", "web-{n}.shop.example.com"])
def test_a_pattern_goes_to_its_zone_as_a_name_does(text: str) -> None:
    assert pattern_in(text, ZONES) == WEB
    assert str(WEB) == "web-{n}.shop.example.com"


@pytest.mark.parametrize(
    "text, why",
    [
        ("web-{n}-{n}", "exactly once"),
        ("web-{}", "exactly once"),
        ("web-{m}", "exactly once"),
        ("web-{n}}", "no other braces"),
        ("{web-{n}", "no other braces"),
        ("web.{n}.shop.example.com", "before the first dot"),
        ("web1{n}", "no digit beside"),
        ("web{n}0", "no digit beside"),
        ("web-{n}.evil.org", "is not in"),
        ("Web-{n}", "upper case"),
        ("web-{n}-", "ends with '-'"),
        ("a" * 59 + "{n}", "more than 63"),
    ],
)
def test_what_is_no_pattern_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        pattern_in(text, ZONES)


@pytest.mark.parametrize(
    "fqdn",
    [
        "web-0.shop.example.com",
        "web-01.shop.example.com",
        "web-.shop.example.com",
        "web-x.shop.example.com",
        "web--1.shop.example.com",
        "web-\u0661.shop.example.com",
        "web-1.example.com",
        "db-1.shop.example.com",
        "web-1.2.shop.example.com",
        f"web-{MOST}0.shop.example.com",
        "web-.shop",
    ],
)
def test_another_name_has_no_number(fqdn: str) -> None:
    assert WEB.number(fqdn) is None


@given(st.integers(1, MOST))
def test_number_and_name_are_each_others_way_back(number: int) -> None:
    assert WEB.number(WEB.name(number)) == number


@given(
    st.sets(st.integers(1, 40)), st.sets(st.sampled_from(["db.shop.example.com", "web-01.shop.example.com"]))
)
def test_the_free_ones_are_all_that_are_not_taken_from_the_lowest_on(
    numbers: set[int], others: set[str]
) -> None:
    taken = {WEB.name(number) for number in numbers} | others
    first = [WEB.number(fqdn) for fqdn in islice(free_names(WEB, taken), 50)]
    assert first == [number for number in range(1, 91) if number not in numbers][:50]


def test_there_is_an_end() -> None:
    taken = {WEB.name(number) for number in range(1, MOST)}
    assert list(free_names(WEB, taken)) == [WEB.name(MOST)]
