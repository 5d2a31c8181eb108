"""Which of the words typed is the address: an Elastic IP, its allocation id, or its Name. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from ec2kit.errors import NotFound, UsageError
from ec2kit.inventory.selectors import is_ip
from ec2kit.model.ids import kind_of
from ec2kit.model.instances import Address
from ec2kit.model.tags import NAME

HINT = "ec2kit eip ls"


def find_address(word: str, addresses: Sequence[Address]) -> Address | None:
    """Given a word and all addresses, return the one that it means; None when it means none.

    The whole address is compared: 203.0.113.4 is not 203.0.113.45. Raises `UsageError` for an ambiguous Name.
    """
    exact = [each for each in addresses if word in (each.public_ip, each.allocation)]
    if exact:
        return exact[0]
    named = [each for each in addresses if each.tags.get(NAME) == word]
    if len(named) > 1:
        listed = ", ".join(each.public_ip for each in named)
        raise UsageError(
            f"'{word}' is the name of {len(named)} addresses: {listed}", hint="name one by its IP"
        )
    return named[0] if named else None


def one_address(word: str, addresses: Sequence[Address]) -> Address:
    """The address that a word means; raises `NotFound`."""
    found = find_address(word, addresses)
    if found is None:
        raise NotFound(f"'{word}' is not an Elastic IP of this account and region", resource=word, hint=HINT)
    return found


def tell_apart(first: str, second: str, addresses: Sequence[Address]) -> tuple[Address, str]:
    """Given an address and an instance in either order, return the address and the word for the instance.

    An IP or allocation id decides before a Name does, for an instance and its address may share the Name; of
    two IPs the first is the address. Raises `NotFound` when neither is one, `UsageError` when both may be.
    """
    for word, other in ((first, second), (second, first)):
        if _is_exact(word):
            found = find_address(word, addresses)
            if found is not None:
                return found, other
    if missing := [word for word in (first, second) if kind_of(word) == "address"]:
        one_address(missing[0], addresses)
    by_name = [
        (found, other)
        for word, other in ((first, second), (second, first))
        if (found := find_address(word, addresses))
    ]
    if len(by_name) == 2 and first != second:
        raise UsageError(
            f"'{first}' and '{second}' are both names of addresses",
            hint="name the address by its IP (ec2kit eip ls)",
        )
    if by_name:
        return by_name[0]
    ips = [word for word in (first, second) if is_ip(word)]
    words = f"'{ips[0]}' is not" if ips else f"neither '{first}' nor '{second}' is"
    raise NotFound(
        f"{words} an Elastic IP of this account and region", resource=ips[0] if ips else first, hint=HINT
    )


def _is_exact(word: str) -> bool:
    return is_ip(word) or kind_of(word) == "address"
