"""`--volume SIZE[:TYPE][@DEVICE]`: the disks of a new machine beside those of its image. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ec2kit.errors import UsageError
from ec2kit.model.disks import Mapping

DEVICES = tuple(f"/dev/sd{letter}" for letter in "fghijklmnop")
"""The names that AWS recommends for data volumes (EC2 user guide, "Device names for volumes")."""
TYPES = ("gp3", "gp2", "io1", "io2", "st1", "sc1", "standard")
LARGEST_GIB = 65536
_WORD = re.compile(r"(?P<size>\d+)(?:[gG](?:iB)?)?(?::(?P<type>\w+))?(?:@(?P<device>\S+))?")


@dataclass(frozen=True)
class VolumeWish:
    """One volume as asked for; without a device the first free one is taken."""

    size_gib: int
    type: str = "gp3"
    device: str = ""


def parse_volume(word: str) -> VolumeWish:
    """Given `20`, `20:gp3` or `20:gp3@/dev/sdf`, return the volume; raises `UsageError`."""
    found = _WORD.fullmatch(word)
    if not found:
        raise UsageError(f"'{word}' is not a volume", hint="write SIZE[:TYPE][@DEVICE]: 20:gp3@/dev/sdf")
    wish = VolumeWish(int(found["size"]), found["type"] or "gp3", found["device"] or "")
    if not 1 <= wish.size_gib <= LARGEST_GIB:
        raise UsageError(f"'{word}': a volume has 1 to {LARGEST_GIB} GiB")
    if wish.type not in TYPES:
        raise UsageError(f"'{wish.type}' is not a volume type", hint=f"the types are {', '.join(TYPES)}")
    if wish.device and not wish.device.startswith(("/dev/", "xvd", "sd")):
        raise UsageError(f"'{wish.device}' is not a device", hint="write it as /dev/sdf")
    return wish


def mappings_for(wishes: Iterable[VolumeWish], image: Sequence[Mapping]) -> tuple[Mapping, ...]:
    """Given the volumes asked for and the image's own, return what the launch names.

    A volume at a device of the image changes that one (its size, its type). New volumes go with the instance,
    as the console does it; `terminate` says so. Raises `UsageError` for a device named twice, a size below the
    image's, or more volumes than there are device names.
    """
    own = {mapping.device: mapping for mapping in image}
    chosen: dict[str, Mapping] = {}
    wanted = list(wishes)
    taken = {*own, *(wish.device for wish in wanted)}
    free = (device for device in DEVICES if device not in taken)
    for wish in wanted:
        device = wish.device or next(free, "")
        if not device:
            raise UsageError(
                f"more volumes than the {len(DEVICES)} devices that AWS recommends", hint="name the device"
            )
        if device in chosen:
            raise UsageError(f"two volumes are at '{device}'")
        base = own.get(device)
        if base and base.size_gib and wish.size_gib < base.size_gib:
            raise UsageError(f"'{device}' has {wish.size_gib} GiB, and the image needs {base.size_gib}")
        chosen[device] = Mapping(
            device=device,
            size_gib=wish.size_gib,
            type=wish.type,
            delete_on_termination=base.delete_on_termination if base else True,
        )
    return tuple(chosen.values())
