"""Which reservations an instance is billed as: what EC2 and bills call its system, by the platform that one reserves.

"AMI billing information fields" and "Choosing a platform" in the EC2 User Guide: Red Hat's Linux with a subscription of
one's own is reserved as Linux/UNIX; SQL Server on Linux is reserved by a name that says so. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping

from ec2kit.costs.fleet.sizes import LINUX
from ec2kit.costs.prices.price import BY_OPERATION, PLATFORMS

_BY_DETAILS: Mapping[str, str] = {
    "Red Hat BYOL Linux": LINUX,
    **{
        f"SQL Server {edition}": f"Linux with SQL Server {edition}"
        for edition in ("Enterprise", "Standard", "Web")
    },
}
_BY_OPERATION: Mapping[str, str] = {
    **{operation: PLATFORMS[system] for operation, system in BY_OPERATION.items()},
    "RunInstances:00g0": LINUX,
    "RunInstances:0100": "Linux with SQL Server Enterprise",
    "RunInstances:0004": "Linux with SQL Server Standard",
    "RunInstances:0200": "Linux with SQL Server Web",
    "RunInstances:0102": "Windows with SQL Server Enterprise",
    "RunInstances:0006": "Windows with SQL Server Standard",
    "RunInstances:0202": "Windows with SQL Server Web",
    "RunInstances:1010": "Red Hat Enterprise Linux with HA",
}


def reserved_as(details: str) -> str:
    """Given an instance's PlatformDetails, return the platform that one would reserve."""
    return _BY_DETAILS.get(details, details) or LINUX


def reserved_by(operation: str) -> str:
    """Given a bill's operation, return the same; the operation itself where it is not known."""
    return _BY_OPERATION.get(operation, operation)
