"""What a name may be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostname_service.assignments.names import LONGEST, name_in

ZONES = ("shop.example.com", "example.net")


@pytest.mark.parametrize(
    "text, fqdn",
    [
        ("web-1", "web-1.shop.example.com"),
        ("1", "1.shop.example.com"),
        ("a" * 63, f"{'a' * 63}.shop.example.com"),
        ("web-1.shop.example.com", "web-1.shop.example.com"),
        ("a.b.shop.example.com", "a.b.shop.example.com"),
        ("db.example.net", "db.example.net"),
    ],
)
def test_a_short_name_goes_to_the_first_zone_and_a_full_one_stays(text: str, fqdn: str) -> None:
    assert name_in(text, ZONES) == fqdn


@pytest.mark.parametrize(
    "text, why",
    [
        ("", "empty label"),
        (".", "is not in"),
        ("web.evil.org", "is not in shop.example.com or example.net"),
        ("web.evilshop.example.com", "is not in"),
        ("shop.example.com", "is not in"),
        ("web.shop.example.com.", "is not in"),
        ("web.shop.example.com.evil.org", "is not in"),
        ("web..shop.example.com", "empty label"),
        (".shop.example.com", "empty label"),
        ("a" * 64, "more than 63"),
        (".".join(["a" * 60] * 4) + ".shop.example.com", "longer than"),
        ("Web-1", "upper case"),
        ("-web", "begins or ends with '-'"),
        ("web-", "begins or ends with '-'"),
        ("web_1", "not a-z"),
        ("*", "not a-z"),
        ("web 1", "not a-z"),
        ("web\n", "not a-z"),
        ("web\x00", "not a-z"),
        ("$(id)", "not a-z"),
        ("'; DROP TABLE bindings; --", "not a-z"),
        ("w\u0435b", "not a-z"),
        ("web\u3002shop", "not a-z"),
        ("\u0661", "not a-z"),
    ],
)
def test_what_is_refused_is_refused_for_its_reason(text: str, why: str) -> None:
    with pytest.raises(ValueError) as refused:
        name_in(text, ZONES)
    assert why in str(refused.value)
    assert str(refused.value).isprintable()
    assert str(refused.value).isascii() or len(text) > 80


def test_the_longest_name_leaves_room_for_its_owner_record() -> None:
    zone = ".shop.example.com"
    labels = ".".join(["a" * 61] * 3)
    longest = f"{labels}.{'b' * (LONGEST - len(labels) - len(zone) - 1)}{zone}"
    assert len(f"_ec2kit.{name_in(longest, ZONES)}") == 253
    with pytest.raises(ValueError, match="longer than"):
        name_in(longest.replace(".bb", ".bbb"), ZONES)


@given(st.text())
def test_whatever_passes_is_a_host_name_in_a_zone(text: str) -> None:
    try:
        fqdn = name_in(text, ZONES)
    except ValueError:
        return
    assert set(fqdn) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.")
    assert fqdn.endswith((".shop.example.com", ".example.net"))
    assert all(1 <= len(label) <= 63 for label in fqdn.split("."))
    assert name_in(fqdn, ZONES) == fqdn
