"""Systems as reservations call them: the tables of the EC2 User Guide, and a reservation of each applied."""

from __future__ import annotations

import pytest

from ec2kit.costs.fleet.platforms import reserved_as, reserved_by
from tests.costs.fleet.making import owned, pool, span
from tests.costs.fleet.test_matching import covered, matched


@pytest.mark.parametrize(
    "details, operation, platform",
    [
        ("Linux/UNIX", "RunInstances", "Linux/UNIX"),
        ("Red Hat BYOL Linux", "RunInstances:00g0", "Linux/UNIX"),
        ("Red Hat Enterprise Linux", "RunInstances:0010", "Red Hat Enterprise Linux"),
        ("Red Hat Enterprise Linux with HA", "RunInstances:1010", "Red Hat Enterprise Linux with HA"),
        ("SUSE Linux", "RunInstances:000g", "SUSE Linux"),
        ("Windows", "RunInstances:0002", "Windows"),
        ("SQL Server Standard", "RunInstances:0004", "Linux with SQL Server Standard"),
        ("SQL Server Web", "RunInstances:0200", "Linux with SQL Server Web"),
        ("Windows with SQL Server Enterprise", "RunInstances:0102", "Windows with SQL Server Enterprise"),
    ],
)
def test_an_instance_is_covered_by_what_is_sold_for_it(details: str, operation: str, platform: str) -> None:
    assert reserved_as(details) == reserved_by(operation) == platform
    which = pool(platform=reserved_as(details))
    assert covered(matched([span(which, 0, 1)], [owned(platform=platform)])) == {"m5.large": 1}


def test_what_is_not_known_keeps_its_name() -> None:
    assert reserved_as("Windows BYOL") == "Windows BYOL"
    assert reserved_by("RunInstances:0800") == "RunInstances:0800"
    assert reserved_as("") == "Linux/UNIX"
