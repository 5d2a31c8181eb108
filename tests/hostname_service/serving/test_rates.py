"""How often: one source, all, and a table that does not grow."""

from __future__ import annotations

import pytest

from hostname_service.serving.rates import Rates
from tests.hostname_service.serving.ground import StillClock


def test_a_source_has_its_share_and_gets_it_again() -> None:
    clock = StillClock()
    rates = Rates(30, 1000, clock)
    assert [rates.wait("10.0.0.5") for _ in range(30)] == [0.0] * 30
    assert rates.wait("10.0.0.5") == pytest.approx(2.0)
    assert rates.wait("10.0.0.6") == 0.0
    clock.at += 2.0
    assert rates.wait("10.0.0.5") == 0.0
    assert rates.wait("10.0.0.5") > 0


def test_all_together_have_a_share_too() -> None:
    clock = StillClock()
    rates = Rates(30, 10, clock)
    took = [rates.wait(f"10.0.0.{number}") for number in range(12)]
    assert took == [0.0] * 10 + [pytest.approx(0.1)] * 2
    clock.at += 1.0
    assert rates.wait("10.0.0.11") == 0.0


def test_a_source_that_is_refused_takes_nothing_from_the_others() -> None:
    rates = Rates(1, 2, StillClock())
    assert rates.wait("10.0.0.5") == 0.0
    assert all(rates.wait("10.0.0.5") > 0 for _ in range(50))
    assert rates.wait("10.0.0.6") == 0.0


def test_one_network_of_ipv6_is_one_source() -> None:
    rates = Rates(1, 100, StillClock())
    assert rates.wait("2001:db8::1") == 0.0
    assert rates.wait("2001:db8::2") > 0
    assert rates.wait("2001:db8:0:1::2") == 0.0


def test_a_flood_from_ever_new_addresses_does_not_fill_the_memory() -> None:
    rates = Rates(30, 5, StillClock(), table=50)
    for number in range(500):
        rates.wait(f"10.0.{number // 256}.{number % 256}")
    assert len(rates) == 50


def test_a_boot_storm_of_a_thousand_within_a_minute_passes() -> None:
    clock = StillClock()
    rates = Rates(30, 200, clock)
    for number in range(1000):
        clock.at = number * 60 / 1000
        assert rates.wait(f"10.1.{number // 256}.{number % 256}") == 0.0
