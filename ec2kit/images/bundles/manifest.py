"""A bundle's manifest: made for a plan, and read as something that anybody may have written. Pure.

Version 1. What is in it and what a reader may rely on is in docs/how-to/bundles.md.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any

from ec2kit.errors import Ec2kitError, UsageError
from ec2kit.images.bundles.places import PATHS, Shelf, disk_name, is_plain
from ec2kit.inventory.description import DiskSpec, Spec
from ec2kit.model.periods import format_time, parse_time
from ec2kit.objects.facts import Facts, number, parse_facts, text

FORMAT, VERSION = "ec2kit bundle", 1
LARGEST_GIB = 65_536
"""The largest volume that there is (io2: EBS User Guide, "Amazon EBS volume types")."""
LARGEST_MANIFEST = 16 << 20
MOST_OBJECTS = 4_096
GIB = 1 << 30
WHOLE = ".raw.zst"
"""How the name of an object ends that is a whole disk; pieces of one end with their number, `xvda.raw.zst.0003`."""


@dataclass(frozen=True)
class Content:
    """An object of a bundle. Of a volume it holds `size_gib` from `first_gib` on; of directories, a tar."""

    name: str
    facts: Facts
    device: str = ""
    first_gib: int = 0
    size_gib: int = 0
    paths: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Manifest:
    """What a bundle says of itself."""

    name: str
    created: datetime
    taken: datetime
    spec: Spec
    contents: tuple[Content, ...]
    launch: Mapping[str, Any] = field(default_factory=dict)

    @property
    def volumes(self) -> dict[str, tuple[Content, ...]]:
        """The objects of each volume by its device, in the order of what they hold."""
        found: dict[str, list[Content]] = {}
        for each in self.contents:
            if each.device:
                found.setdefault(each.device, []).append(each)
        return {
            device: tuple(sorted(pieces, key=lambda each: each.first_gib)) for device, pieces in found.items()
        }

    @property
    def directories(self) -> tuple[Content, ...]:
        """The tars."""
        return tuple(each for each in self.contents if each.paths)

    @property
    def stored_bytes(self) -> int:
        """Bytes in S3, the manifest's own left out."""
        return sum(each.facts.size for each in self.contents)


@dataclass(frozen=True)
class Head:
    """What is known of a bundle before anything of it is stored."""

    shelf: Shelf
    name: str
    created: datetime
    taken: str
    """RFC 3339, or a `Ref`."""
    set: Any
    """The set's name, or a `Ref`."""
    spec: Spec
    launch: Mapping[str, Any]


def compose(head: Head, objects: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Given a head and the objects as JSON (their `stored` may be a `Ref`), return the manifest as JSON."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "name": head.name,
        "created": format_time(head.created),
        "taken": head.taken,
        "set": head.set,
        "restore": restore_lines(head, objects),
        "machine": asdict(head.spec),
        "launch": dict(head.launch),
        "objects": list(objects),
    }


def restore_lines(head: Head, objects: Sequence[Mapping[str, Any]]) -> list[str]:
    """Given a bundle, return how it is restored with aws, sha256sum, zstd and tar: ten lines, but for disks that are
    larger than an object, which take one each."""
    names = [str(each["name"]) for each in objects if each["holds"] == "volume"]
    whole = [name for name in names if name.endswith(WHOLE)]
    pieces = sorted({name.rpartition(".")[0] for name in names if name not in whole})
    lines = [
        f"aws s3 sync {shlex.quote(head.shelf.url(head.name))} {head.name}",
        f"cd {head.name}",
        "sha256sum --check SHA256SUMS",
    ]
    if whole:
        lines.append(f"zstd -d --sparse {' '.join(whole)}")
    lines += [f"cat {name}.* | zstd -d --sparse -o {name.removesuffix('.zst')}" for name in pieces]
    if names:
        lines.append(
            "# to an empty volume that is attached: dd if=NAME.raw of=/dev/DEVICE bs=4M conv=sparse,fsync"
        )
    if any(each["holds"] == "paths" for each in objects):
        lines.append("# as root, for owners, devices and ACLs")
        lines.append(f"zstd -dc {PATHS} | {shlex.join(untar())}")
    return lines


def untar(into: str = "") -> list[str]:
    """Return how tar unpacks what comes in, keeping all that it holds; as root, for owners and devices."""
    place = [f"--directory={into}"] if into else []
    keep = [
        "--preserve-permissions",
        "--numeric-owner",
        "--acls",
        "--xattrs",
        "--xattrs-include=*",
        "--sparse",
    ]
    return ["tar", "--extract", *keep, *place, "--file=-"]


def parse_manifest(written: bytes, name: str) -> Manifest:
    """Given a manifest and the name of the bundle that it should be of, return it.

    Raises `Ec2kitError` for what no ec2kit wrote, or somebody changed: names that lead elsewhere, sizes that cannot
    be, a version that this ec2kit does not know.
    """
    try:
        stored = json.loads(written)
        if not isinstance(stored, dict) or stored.get("format") != FORMAT:
            raise UsageError("it is not an ec2kit bundle's")
        if stored.get("version") != VERSION:
            raise UsageError(f"it has version {stored.get('version')}, and this ec2kit knows {VERSION}")
        manifest = _manifest(stored)
        if manifest.name != name:
            raise UsageError(f"it is of the bundle '{manifest.name}'")
        return manifest
    except RecursionError:
        raise _refused(name, "it is nested too deeply") from None
    except (UsageError, ValueError, TypeError, KeyError) as error:
        raise _refused(name, error.message if isinstance(error, Ec2kitError) else str(error)) from error


def _refused(name: str, why: str) -> Ec2kitError:
    hint = "choose another bundle, or restore it by hand: its format is in docs/how-to/bundles.md"
    return Ec2kitError(f"the manifest of '{name}' cannot be used: {why}", hint=hint, resource=name)


def _manifest(stored: Mapping[str, Any]) -> Manifest:
    listed = stored["objects"]
    if not isinstance(listed, list) or not 0 < len(listed) <= MOST_OBJECTS:
        raise UsageError("'objects' is not a list of objects")
    contents = tuple(_content(each) for each in listed)
    if len({each.name for each in contents}) != len(contents):
        raise UsageError("two objects have one name")
    launch = stored.get("launch", {})
    manifest = Manifest(
        text(stored["name"], "name"),
        parse_time(text(stored["created"], "created")),
        parse_time(text(stored["taken"], "taken")),
        _spec(stored["machine"]),
        contents,
        launch if isinstance(launch, dict) else {},
    )
    for device, pieces in manifest.volumes.items():
        _check_volume(device, pieces)
    if len({raw_name(device) for device in manifest.volumes}) != len(manifest.volumes):
        raise UsageError("two volumes would be one file")
    return manifest


def _content(stored: Any) -> Content:
    if not isinstance(stored, dict):
        raise UsageError("an object is not described")
    name, holds = text(stored["name"], "name"), stored["holds"]
    if not is_plain(name):
        raise UsageError(f"'{name[:100]}' cannot name an object of a bundle")
    facts = parse_facts(stored["stored"])
    if holds == "paths":
        paths = tuple(text(each, "paths") for each in stored["paths"])
        left_out = tuple(text(each, "left_out") for each in stored.get("left_out", ()))
        if not paths:
            raise UsageError("directories without a path")
        return Content(name, facts, paths=paths, left_out=left_out)
    if holds != "volume":
        raise UsageError(f"'{name}' holds something that this ec2kit does not know")
    device = text(stored["device"], "device")
    if not device.startswith("/dev/") or not device.isprintable():
        raise UsageError(f"'{device[:100]}' is no device")
    return Content(
        name,
        facts,
        device,
        number(stored["first_gib"], "first_gib", LARGEST_GIB),
        number(stored["size_gib"], "size_gib", LARGEST_GIB),
    )


def _check_volume(device: str, pieces: Sequence[Content]) -> None:
    """The pieces of a volume follow one another from its beginning, and each holds what it says."""
    at = 0
    for each in pieces:
        if each.first_gib != at or not each.size_gib or each.facts.raw_size != each.size_gib * GIB:
            raise UsageError(f"the pieces of {device} do not fit together")
        at += each.size_gib
    if at > LARGEST_GIB:
        raise UsageError(f"{device} would have {at} GiB")


def raw_name(device: str) -> str:
    """Given a volume's device, return the file that it is restored to: `xvda.raw`."""
    return f"{disk_name(device)}.raw"


_TEXTS = frozenset(
    {"instance", "name", "root_device", "architecture", "subnet", "zone", "private_ip", "address"}
)


def _spec(stored: Any) -> Spec:
    if not isinstance(stored, dict):
        raise UsageError("the machine is not described")
    known = {each.name for each in fields(Spec)}
    values = {name: value for name, value in stored.items() if name in known}
    disks = values.pop("disks", [])
    if not isinstance(disks, list):
        raise UsageError("the machine's disks are not a list")
    for name, value in values.items():
        if name in _TEXTS:
            text(value, name)
        elif not isinstance(value, str | bool | list | dict | None):
            raise UsageError(f"'{name}' of the machine cannot be read")
    lists = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
    return Spec(**{**values, **lists, "disks": tuple(_disk(each) for each in disks)})


def _disk(stored: Any) -> DiskSpec:
    if not isinstance(stored, dict):
        raise UsageError("a disk is not described")
    for name in ("device", "volume", "type"):
        text(stored[name], name)
    number(stored["size_gib"], "size_gib", LARGEST_GIB)
    known = {each.name for each in fields(DiskSpec)}
    return DiskSpec(**{name: value for name, value in stored.items() if name in known})
