"""Sizes against the tables of the EC2 User Guide."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ec2kit.costs.fleet.sizes import family_of, is_flexible, quarters

FACTORS = {
    "t3.nano": "0.25",
    "t3.micro": "0.5",
    "t3.small": "1",
    "t3.medium": "2",
    "m5.large": "4",
    "m5.xlarge": "8",
    "m5.2xlarge": "16",
    "c6a.3xlarge": "24",
    "m5.4xlarge": "32",
    "c6a.6xlarge": "48",
    "c5.9xlarge": "72",
    "c5.18xlarge": "144",
    "u-6tb1.112xlarge": "896",
    "a1.metal": "32",
    "z1d.metal": "96",
    "i3.metal": "128",
    "c5n.metal": "144",
    "m5.metal": "192",
    "m6i.metal": "256",
    "u-24tb1.metal": "448",
    "u-12tb1.metal": "896",
    "c7i.metal-24xl": "192",
    "c7i.metal-48xl": "384",
}


@pytest.mark.parametrize("type, factor", FACTORS.items())
def test_the_normalisation_factor_is_the_guides(type: str, factor: str) -> None:
    found = quarters(type)
    assert found is not None
    assert Decimal(found) / 4 == Decimal(factor)


@pytest.mark.parametrize("type", ["mac1.metal", "m5.huge", "m5", "m5.", "m5.0xlarge", ""])
def test_a_size_that_the_table_does_not_have_has_none(type: str) -> None:
    assert quarters(type) is None
    assert not is_flexible(type, "Linux/UNIX", "default")


@pytest.mark.parametrize(
    "type, platform, tenancy, flexible",
    [
        ("m5.large", "Linux/UNIX", "default", True),
        ("i3.metal", "Linux/UNIX", "default", True),
        ("m5.large", "Windows", "default", False),
        ("m5.large", "Red Hat Enterprise Linux", "default", False),
        ("m5.large", "SUSE Linux", "default", False),
        ("m5.large", "Linux/UNIX", "dedicated", False),
        ("g4dn.xlarge", "Linux/UNIX", "default", False),
        ("p5.48xlarge", "Linux/UNIX", "default", False),
        ("inf2.xlarge", "Linux/UNIX", "default", False),
    ],
)
def test_only_shared_linux_of_most_families_is_flexible(
    type: str, platform: str, tenancy: str, flexible: bool
) -> None:
    assert is_flexible(type, platform, tenancy) is flexible


def test_a_family_is_what_stands_before_the_point() -> None:
    assert family_of("u7i-6tb.112xlarge") == "u7i-6tb"
