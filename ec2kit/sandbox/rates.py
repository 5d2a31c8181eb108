"""What things cost in the sandbox, in USD: invented, in round figures, the same in every region. Nobody pays it.

They are near enough to AWS's for practice to feel right, and round enough to be known for what they are.
"""

from __future__ import annotations

import re
from decimal import Decimal

UNIT = Decimal("0.02")
"""An hour of a machine of size `small`."""
SIZES = {
    "nano": Decimal("0.25"),
    "micro": Decimal("0.5"),
    "small": Decimal(1),
    "medium": Decimal(2),
    "large": Decimal(4),
    "xlarge": Decimal(8),
}
"""AWS's normalisation factors; an Nxlarge is 8 N ("Apply regional Reserved Instances", EC2 User Guide)."""
METAL = Decimal(192)
_MANY = re.compile(r"(?P<count>\d+)xlarge", re.ASCII)

VOLUMES = {
    "gp3": Decimal("0.08"),
    "gp2": Decimal("0.10"),
    "io1": Decimal("0.13"),
    "io2": Decimal("0.13"),
    "st1": Decimal("0.05"),
    "sc1": Decimal("0.02"),
    "standard": Decimal("0.05"),
}
"""A GiB of a volume for a month, by type."""
SNAPSHOTS = {"standard": Decimal("0.05"), "archive": Decimal("0.0125")}
"""A GiB of a snapshot for a month, by tier. The sandbox bills all GiB of its volume, AWS the blocks
that changed."""
ADDRESS = Decimal("0.005")
"""An hour of a public IPv4 address."""


def machine(type: str) -> Decimal:
    """Given an instance type, return what an hour of it costs, Linux, on demand: by its size alone."""
    size = type.partition(".")[2]
    if size.startswith("metal"):
        return UNIT * METAL
    many = _MANY.fullmatch(size)
    return UNIT * (SIZES["xlarge"] * int(many["count"]) if many else SIZES.get(size, SIZES["large"]))


def rate(kind: str, type: str) -> Decimal:
    """Given what is used and its type, return what an hour of it costs, or a GiB of it for a month."""
    if kind == "instance":
        return machine(type)
    if kind == "address":
        return ADDRESS
    known = VOLUMES if kind == "volume" else SNAPSHOTS
    return known.get(type, known["standard"])
