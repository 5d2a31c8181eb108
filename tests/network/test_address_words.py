"""Which word is the address: either order, whole addresses, names last."""

import pytest

from ec2kit.errors import NotFound, UsageError
from ec2kit.network.addresses.words import find_address, one_address, tell_apart
from tests.support.fleet import address

SHOP = address(9, tags={"Name": "shop"})
MAIL = address(45, tags={"Name": "web-1"})
ALL = (SHOP, MAIL, address(4))


@pytest.mark.parametrize(
    "word,ip", [("203.0.113.9", 9), ("eipalloc-00000009", 9), ("shop", 9), ("203.0.113.4", 4)]
)
def test_find(word: str, ip: int) -> None:
    found = find_address(word, ALL)

    assert found is not None
    assert found.public_ip == f"203.0.113.{ip}"


def test_a_beginning_is_not_the_address() -> None:
    assert find_address("203.0.113.45", (address(4),)) is None
    with pytest.raises(NotFound, match="not an Elastic IP"):
        one_address("203.0.113.1", ALL)


@pytest.mark.parametrize(
    "first,second,allocation,instance",
    [
        ("203.0.113.9", "web-1", SHOP.allocation, "web-1"),
        ("web-1", "203.0.113.9", SHOP.allocation, "web-1"),
        ("eipalloc-00000009", "i-00000001", SHOP.allocation, "i-00000001"),
        ("shop", "web-2", SHOP.allocation, "web-2"),
        ("web-2", "shop", SHOP.allocation, "web-2"),
        ("web-1", "web-2", MAIL.allocation, "web-2"),
        ("203.0.113.9", "203.0.113.4", SHOP.allocation, "203.0.113.4"),
        ("198.18.0.1", "203.0.113.9", SHOP.allocation, "198.18.0.1"),
    ],
)
def test_either_order(first: str, second: str, allocation: str, instance: str) -> None:
    found, word = tell_apart(first, second, ALL)

    assert (found.allocation, word) == (allocation, instance)


def test_two_names_of_addresses_are_ambiguous() -> None:
    with pytest.raises(UsageError, match="both names of addresses"):
        tell_apart("shop", "web-1", ALL)


@pytest.mark.parametrize(
    "first,second,named",
    [
        ("a", "b", "neither 'a' nor 'b'"),
        ("a", "203.0.113.99", "'203.0.113.99'"),
        ("eipalloc-0000000f", "shop", "eipalloc-0000000f"),
    ],
)
def test_neither_is_an_address(first: str, second: str, named: str) -> None:
    with pytest.raises(NotFound, match=named):
        tell_apart(first, second, ALL)


def test_a_name_of_two_addresses_lists_them() -> None:
    with pytest.raises(UsageError, match=r"203.0.113.7, 203.0.113.8"):
        find_address("x", [address(7, tags={"Name": "x"}), address(8, tags={"Name": "x"})])
