"""Builds disks in no time: a boot sector, a few blocks, and a report that it booted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ec2kit.host.files import ensure_directory
from ec2kit.images.building import Order
from ec2kit.images.finishing import Built
from ec2kit.images.recipes.architectures import Architecture
from ec2kit.images.root.workshop import Workshop
from ec2kit.images.vendor.building import VendorOrder

GIB = 1 << 30
CONTENT = b"a system"


def build_at_once(order: Order, work: Workshop, target: Path, say: Callable[[str], None]) -> Built:
    """What `ec2kit.images.building.build` does, without a root file system and without a boot."""
    ensure_directory(target.parent)
    with target.open("wb") as file:
        file.write(b"\xeb" + bytes(509) + b"\x55\xaa")
        file.seek(5 << 20)
        file.write(CONTENT)
        file.truncate(order.size_gib * GIB)
    booted = dict.fromkeys(order.firmwares, 60.0)
    return Built(target, "0" * 64, order.architecture, order.size_gib, ("bios", "uefi"), booted, 1)


def build_from_at_once(order: VendorOrder, work: Workshop, target: Path, say: Callable[[str], None]) -> Built:
    """What `ec2kit.images.vendor.building.build_from` does, without the appliance and without a boot."""
    ensure_directory(target.parent)
    with target.open("wb") as file:
        file.write(b"\xeb" + bytes(509) + b"\x55\xaa")
        file.truncate(order.expected_gib * GIB)
    booted = {"bios": 60.0} if order.boot_test else {}
    architecture = order.architecture or Architecture.X86_64
    return Built(target, "0" * 64, architecture, order.expected_gib, ("bios",), booted, 200)
