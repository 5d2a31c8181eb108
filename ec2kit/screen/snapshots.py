"""Snapshot sets as rows, one set with its disks and its machine, and what a restore brought back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ec2kit.fleet.restored import Report
from ec2kit.inventory.description import DiskSpec
from ec2kit.inventory.machine import Machine
from ec2kit.model.disks import Snapshot
from ec2kit.model.periods import format_age, format_time
from ec2kit.model.tags import DRILLED, LAUNCH
from ec2kit.screen.columns import STATE_STYLES, Column
from ec2kit.screen.reports import ITEM_COLUMNS, Item
from ec2kit.snapshots.sets import SnapshotSet


@dataclass(frozen=True)
class SetRow:
    """A set as it is seen at a moment, in a region."""

    set: SnapshotSet
    now: datetime
    region: str = ""


SET_COLUMNS: tuple[Column[SetRow], ...] = (
    Column("set", lambda row: row.set.name),
    Column("machine", lambda row: row.set.machine),
    Column("taken", lambda row: row.set.taken),
    Column("age", lambda row: format_age(row.set.taken, row.now)),
    Column("volumes", lambda row: len(row.set.snapshots)),
    Column("size_gib", lambda row: row.set.size_gib),
    Column(
        "state",
        lambda row: row.set.state,
        styles={**STATE_STYLES, "complete": "green", "incomplete": "red"},
    ),
    Column("consistency", lambda row: row.set.consistency),
    Column("bad", lambda row: row.set.bad),
    Column("of", lambda row: row.set.of, extra=True),
    Column("expected_volumes", lambda row: row.set.expected, extra=True),
    Column("snapshots", lambda row: [snapshot.id for snapshot in row.set.snapshots], extra=True),
    Column("region", lambda row: row.region, extra=True),
)


def set_json(row: SetRow, machine: Machine | None, disks: Sequence[DiskSpec]) -> dict[str, Any]:
    """Given a set, its machine as described (None: it is not) and its disks, return the documented JSON object."""
    chosen = row.set
    return {
        "id": chosen.name,
        **{column.name: column.value(row) for column in SET_COLUMNS},
        "drilled": chosen.snapshots[0].tags.get(DRILLED),
        "launch": chosen.snapshots[0].tags.get(LAUNCH),
        "snapshots": [_snapshot_json(snapshot, _disk_of(snapshot, disks)) for snapshot in chosen.snapshots],
        "description": machine and dict(machine_facts(machine)),
    }


def _snapshot_json(snapshot: Snapshot, disk: DiskSpec | None) -> dict[str, Any]:
    return {
        "id": snapshot.id,
        "device": disk.device if disk else None,
        "size_gib": snapshot.size_gib,
        "type": disk.type if disk else None,
        "state": snapshot.state,
        "progress": snapshot.progress,
        "state_message": snapshot.state_message,
        "volume": snapshot.volume,
        "encrypted": snapshot.encrypted,
        "started": snapshot.started,
    }


def machine_facts(machine: Machine) -> Iterator[tuple[str, Any]]:
    """Given a machine as it was, yield what a person asks about it, by its documented name."""
    instance, attributes = machine.instance, machine.attributes
    yield "name", instance.name
    yield "type", instance.type
    yield "image", instance.image
    yield "architecture", instance.architecture
    yield "zone", instance.zone
    yield "subnet", instance.subnet
    yield "private_ip", instance.private_ip
    yield "address", machine.address.public_ip if machine.address else None
    yield "groups", list(instance.groups)
    yield "key", instance.key
    yield "instance_profile", instance.instance_profile
    yield "user_data_bytes", len(attributes.user_data.encode(errors="surrogateescape"))
    yield "metadata", f"{instance.metadata.http_endpoint}, tokens {instance.metadata.http_tokens}"
    yield "protected", attributes.disable_api_termination
    yield "tags", dict(instance.tags)


def set_pairs(row: SetRow, machine: Machine | None, disks: Sequence[DiskSpec]) -> list[tuple[str, str]]:
    """Given the same, return it as labels and texts."""
    chosen = row.set
    pairs = [
        ("set", chosen.name),
        ("machine", f"{chosen.machine} ({chosen.of})"),
        ("taken", f"{format_time(chosen.taken)} ({format_age(chosen.taken, row.now)} ago)"),
        ("state", _state(chosen)),
        ("consistency", chosen.consistency),
        ("drilled", chosen.snapshots[0].tags.get(DRILLED, "never")),
        ("disks", "\n".join(_disk_line(each, _disk_of(each, disks)) for each in chosen.snapshots)),
    ]
    if machine is not None:
        pairs += [(name.replace("_", " "), _text(value)) for name, value in machine_facts(machine) if value]
    return pairs


def _state(chosen: SnapshotSet) -> str:
    words = [f"{chosen.state}, {len(chosen.snapshots)} of {chosen.expected} snapshots"]
    words += [f"marked bad: {chosen.bad}"] if chosen.bad else []
    words += [f"{each.id} failed: {each.state_message or 'no reason given'}" for each in chosen.failed]
    return "; ".join(words)


def _disk_line(snapshot: Snapshot, disk: DiskSpec | None) -> str:
    where = f"{disk.device}  {disk.type}" if disk else "device unknown"
    going = f"  {snapshot.progress}" if snapshot.state == "pending" and snapshot.progress else ""
    return f"{snapshot.id}  {where}  {snapshot.size_gib} GiB  {snapshot.state}{going}"


def _disk_of(snapshot: Snapshot, disks: Sequence[DiskSpec]) -> DiskSpec | None:
    return next((disk for disk in disks if disk.volume == snapshot.volume), None)


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={each}" for key, each in value.items())
    return ", ".join(value) if isinstance(value, list) else str(value)


@dataclass(frozen=True)
class Restored:
    """What happened to a restore, with how faithful it is (None: there is no instance to compare)."""

    item: Item
    report: Report | None = None


def _of_item(column: Column[Item]) -> Column[Restored]:
    return Column(column.name, lambda row: column.value(row.item), styles=column.styles)


RESTORED_COLUMNS: tuple[Column[Restored], ...] = (
    *map(_of_item, ITEM_COLUMNS),
    Column("differences", lambda row: row.report.differences if row.report else [], extra=True),
    Column("not_restored", lambda row: row.report.not_restored if row.report else [], extra=True),
)
