"""What each architecture runs on, from the descriptions of instance types that the practice AWS gives."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ec2kit.images.disk.spec import ARCHITECTURES, DiskSpec
from ec2kit.images.registration import MODES, Publication, image_request
from ec2kit.model.ids import SnapshotId

NETWORK = {"required": "ENA", "supported": "ENA, or Xen's and Intel's", "unsupported": "Xen's, or Intel's"}
DISKS = {"required": "NVMe", "supported": "NVMe, or Xen's", "unsupported": "Xen's"}
"""What DescribeInstanceTypes says of ENA and of NVMe, as what an image meets."""


@dataclass(frozen=True)
class Kind:
    """What decides whether a type starts an image."""

    type: str
    architectures: tuple[str, ...]
    machine: str
    boot_modes: tuple[str, ...]
    ena: str
    nvme: str

    @property
    def family(self) -> str:
        """What comes before the size."""
        return self.type.partition(".")[0]

    def starts(self, architecture: str, boot_mode: str, ena: bool) -> bool:
        """Whether it launches an image that is registered so (EC2 User Guide, "Boot modes")."""
        mode = boot_mode == "uefi-preferred" or boot_mode in self.boot_modes
        return architecture in self.architectures and mode and (ena or self.ena != "required")


def known_types() -> tuple[Kind, ...]:
    """Return every type that the practice AWS describes; they were recorded on AWS."""
    from moto.ec2.models.instance_types import INSTANCE_TYPES

    return tuple(_kind(facts) for facts in INSTANCE_TYPES.values())


def _kind(facts: Mapping[str, Any]) -> Kind:
    return Kind(
        facts["InstanceType"],
        tuple(facts["ProcessorInfo"]["SupportedArchitectures"]),
        "bare metal" if facts["BareMetal"] else str(facts["Hypervisor"]).capitalize(),
        tuple(facts["SupportedBootModes"]),
        facts["NetworkInfo"]["EnaSupport"],
        facts["EbsInfo"]["NvmeSupport"],
    )


def registration_rows(types: Iterable[Kind]) -> list[tuple[str, ...]]:
    """Given the types, return a row for each architecture and set of loaders: how it is registered, what starts it."""
    rows: list[tuple[str, ...]] = []
    for architecture, modes in MODES.items():
        for loaders in modes:
            wanted = Publication("web", architecture, tuple(sorted(loaders)), 8)
            request = image_request(wanted, SnapshotId("snap-0"))
            started = [
                kind.type for kind in types if kind.starts(architecture, request.boot_mode, request.ena)
            ]
            starts = " and ".join(each.upper() for each in sorted(loaders))
            ours = loaders == frozenset(DiskSpec(architecture).boot_modes)
            rows.append(
                (
                    architecture,
                    starts,
                    f"`{request.boot_mode}`",
                    _yes(request.ena),
                    _yes(ours),
                    str(len(started)),
                )
            )
    return rows


def family_rows(types: Iterable[Kind]) -> list[tuple[str, ...]]:
    """Given the types, return a row for each architecture and kind of machine, with its families."""
    kinds = tuple(types)
    rows: list[tuple[str, ...]] = []
    for architecture in ARCHITECTURES:
        alike: defaultdict[tuple[str, ...], list[Kind]] = defaultdict(list)
        for kind in kinds:
            if architecture in kind.architectures:
                modes = ", ".join(sorted(f"`{mode}`" for mode in kind.boot_modes))
                alike[(kind.machine, modes, NETWORK[kind.ena], DISKS[kind.nvme])].append(kind)
        for key, found in sorted(alike.items(), key=lambda item: -len(item[1])):
            rows.append((architecture, *key, str(len(found)), _families(architecture, found)))
    return rows


def _families(architecture: str, kinds: Iterable[Kind]) -> str:
    # Of the few that still run 32 bits only some sizes do.
    if architecture == "i386":
        return ", ".join(sorted(kind.type for kind in kinds))
    return ", ".join(sorted({kind.family for kind in kinds}))


def _yes(answer: bool) -> str:
    return "yes" if answer else "no"
