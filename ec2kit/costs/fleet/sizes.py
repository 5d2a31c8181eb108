"""Instance sizes as billing compares them: families, and the normalisation factor of a size.

"Instance size flexibility" and "Normalization factor for bare metal instances" in the EC2 User Guide. Factors are
counted in quarters here, so that a nano's 0.25 is 1 and every sum is a whole number. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

LINUX = "Linux/UNIX"
"""The one platform whose reservations are good for other sizes."""
SHARED = "default"
"""The one tenancy."""
QUARTERS: Mapping[str, int] = {"nano": 1, "micro": 2, "small": 4, "medium": 8, "large": 16}
XLARGE = 32
FIXED_FAMILIES = frozenset(
    {
        *("g4ad", "g4dn", "g5", "g5g", "g6", "g6e", "g6f", "gr6", "gr6f"),
        *("hpc7a", "p5", "inf1", "inf2", "u7i-6tb", "u7i-8tb"),
    }
)
"""Whose reservations are good for their own size only."""
METAL: Mapping[str, int] = {
    family: factor * 4
    for factor, families in {
        32: ("a1",),
        96: ("m5zn", "x2iezn", "z1d"),
        128: ("c6g", "c6gd", "i3", "m6g", "m6gd", "r6g", "r6gd", "x2gd"),
        144: ("c5n",),
        192: ("c5", "c5d", "i3en", "m5", "m5d", "m5dn", "m5n", "r5", "r5b", "r5d", "r5dn", "r5n"),
        256: ("c6i", "c6id", "m6i", "m6id", "r6d", "r6id"),
        448: ("u-18tb1", "u-24tb1"),
        896: ("u-6tb1", "u-9tb1", "u-12tb1"),
    }.items()
    for family in families
}
"""Of the size `metal`, which is as large as the largest virtual one of its family."""
_LARGER = re.compile(r"(?:metal-)?(\d{0,3})xl(?:arge)?", re.ASCII)


def family_of(type: str) -> str:
    """Given `m5.large`, return `m5`."""
    return type.partition(".")[0]


def quarters(type: str) -> int | None:
    """Given a type, return four times its normalisation factor; None for a size that the table does not have."""
    family, _, size = type.partition(".")
    if size == "metal":
        return METAL.get(family)
    if found := _LARGER.fullmatch(size):
        return XLARGE * int(found[1] or 1) or None
    return QUARTERS.get(size)


def is_flexible(type: str, platform: str, tenancy: str) -> bool:
    """Whether a regional reservation of this type is good for other sizes of its family."""
    fixed = family_of(type) in FIXED_FAMILIES or quarters(type) is None
    return platform == LINUX and tenancy == SHARED and not fixed
