"""The one place where moto is changed."""

from collections.abc import Callable

import pytest

from ec2kit.sandbox import rules
from ec2kit.sandbox.rules.patching import MotoChanged, add, replace


class Moto:
    """Stands for a class of moto."""

    def speak(self) -> str:
        return "moto"


def _louder(original: Callable[[Moto], str]) -> Callable[[Moto], str]:
    return lambda self: original(self).upper()


def _twice(original: Callable[[Moto], str]) -> Callable[[Moto], str]:
    return lambda self: original(self) * 2


def test_a_replacement_happens_once_however_often_it_is_installed() -> None:
    for _ in range(3):
        replace(Moto, "speak", _twice)
        replace(Moto, "speak", _louder)
    assert Moto().speak() == "MOTOMOTO"


def test_what_moto_lacks_is_named() -> None:
    with pytest.raises(MotoChanged, match=r"moto has no Moto\.sing"):
        replace(Moto, "sing", _louder)


def test_what_moto_has_by_now_is_named() -> None:
    add(Moto, "hum", len)
    add(Moto, "hum", len)
    with pytest.raises(MotoChanged, match=r"moto has its own Moto\.hum"):
        add(Moto, "hum", repr)


def test_all_rules_install_over_this_moto_and_again() -> None:
    rules.install()
    rules.install()
