"""Names of new machines: the lowest free numbers, and nothing that could not be selected afterwards."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ec2kit.errors import Refused, UsageError
from ec2kit.fleet.launch.naming import Named, group_of, hostname_for, names_for


@pytest.mark.parametrize(
    "word,count,taken,names",
    [
        ("web", 1, (), ["web"]),
        ("web", 3, (), ["web-1", "web-2", "web-3"]),
        ("web", 2, ("web-1", "web-2", "web-3", "web-4"), ["web-5", "web-6"]),
        ("web-{n}", 1, (), ["web-1"]),
        ("web-{n}", 3, ("web-2",), ["web-1", "web-3", "web-4"]),
        ("{n}.mail", 2, ("2.mail",), ["1.mail", "3.mail"]),
    ],
)
def test_names(word: str, count: int, taken: tuple[str, ...], names: list[str]) -> None:
    assert [named.name for named in names_for(word, count, taken)] == names


@given(st.sets(st.integers(1, 30)), st.integers(1, 10))
def test_new_names_are_free_distinct_and_the_lowest(taken: set[int], count: int) -> None:
    numbers = [named.number or 0 for named in names_for("web-{n}", count, {f"web-{n}" for n in taken})]

    assert not taken & set(numbers)
    assert numbers == sorted(set(numbers))
    assert set(range(1, numbers[-1])) <= taken | set(numbers)


def test_a_name_without_number_is_taken_once() -> None:
    with pytest.raises(Refused, match="named 'web' already"):
        names_for("web", 1, {"web"})


@pytest.mark.parametrize(
    "word",
    [
        "",
        "-",
        "all",
        "i-0123456789abcdef0",
        "web*",
        "role=web",
        "state:running",
        "10.0.0.1",
        "web-{x}",
        "we{b",
        " web",
    ],
)
def test_names_that_mean_something_else_are_refused(word: str) -> None:
    with pytest.raises(UsageError):
        names_for(word, 1, ())


@pytest.mark.parametrize(
    "word,group",
    [
        ("web-{n}", "web"),
        ("web-7", "web"),
        ("web", "web"),
        ("web7", "web7"),
        ("{n}", "{n}"),
        ("a-b-{n}", "a-b"),
    ],
)
def test_group(word: str, group: str) -> None:
    assert group_of(word) == group


def test_host_name_takes_the_number_in_lower_case() -> None:
    assert hostname_for("Web-{n}.Shop.example.com", Named("web-3", 3)) == "web-3.shop.example.com"


@pytest.mark.parametrize(
    "pattern", ["web_{n}.example.com", "-web.example.com", "web..com", "a" * 64 + ".com", "web-{n}.com/x"]
)
def test_bad_host_names(pattern: str) -> None:
    with pytest.raises(UsageError, match="not a host name"):
        hostname_for(pattern, Named("web-3", 3))


def test_host_name_with_number_wants_one() -> None:
    with pytest.raises(UsageError, match="wants a number"):
        hostname_for("web-{n}.example.com", Named("web"))
