"""From the values of the model to plain texts and back, the same for every back end."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from hostname_service.model import AuditEntry, Binding, BindingState, Deed, MachineKey, Seen
from hostname_service.registry.port import Order

Row = dict[str, Any]


def stored(text: str) -> str:
    """Given any text, return one that UTF-8 can hold: half a surrogate pair is spelled out, the rest stays."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def moment(time: datetime) -> str:
    """Given an aware time, return it in UTC and at one length, so that texts sort as times do."""
    return time.astimezone(UTC).isoformat(timespec="microseconds")


def _texts(row: Row) -> Row:
    return {key: stored(value) if isinstance(value, str) else value for key, value in row.items()}


def binding_row(binding: Binding) -> Row:
    """A binding as a row; `addresses` are parted by spaces."""
    return _texts(
        {
            "fqdn": binding.fqdn,
            "account": binding.machine.account,
            "instance_id": binding.machine.instance_id,
            "region": binding.region,
            "addresses": " ".join(binding.addresses),
            "pending_time": moment(binding.pending_time),
            "state": str(binding.state),
            "since": moment(binding.since),
            "dns_done": int(binding.dns_done),
            "previous": binding.previous,
            "signed_key": binding.signed_key,
        }
    )


def binding_of_row(row: Mapping[str, Any]) -> Binding:
    """A row as a binding."""
    return Binding(
        row["fqdn"],
        MachineKey(row["account"], row["instance_id"]),
        row["region"],
        tuple(row["addresses"].split()),
        datetime.fromisoformat(row["pending_time"]),
        BindingState(row["state"]),
        datetime.fromisoformat(row["since"]),
        bool(row["dns_done"]),
        row["previous"],
        row["signed_key"],
    )


def seen_row(seen: Seen) -> Row:
    """A first attestation as a row."""
    return _texts(
        {
            "account": seen.machine.account,
            "instance_id": seen.machine.instance_id,
            "pending_time": moment(seen.pending_time),
            "source": seen.source,
            "first": moment(seen.first),
        }
    )


def seen_of_row(row: Mapping[str, Any]) -> Seen:
    """A row as a first attestation."""
    return Seen(
        MachineKey(row["account"], row["instance_id"]),
        datetime.fromisoformat(row["pending_time"]),
        row["source"],
        datetime.fromisoformat(row["first"]),
    )


def order_row(order: Order) -> Row:
    """An operator's word as a row."""
    told = {"instance_id": order.instance_id, "fqdn": order.fqdn, "by_whom": order.by, "at": moment(order.at)}
    return _texts(told)


def order_of_row(row: Mapping[str, Any]) -> Order:
    """A row as an operator's word."""
    return Order(row["fqdn"], row["instance_id"], row["by_whom"], datetime.fromisoformat(row["at"]))


def audit_row(entry: AuditEntry) -> Row:
    """A line of the audit as a row; no machine is two empty texts."""
    account, instance_id = entry.machine or ("", "")
    return _texts(
        {
            "at": moment(entry.at),
            "deed": str(entry.deed),
            "reason": entry.reason,
            "fqdn": entry.fqdn,
            "account": account,
            "instance_id": instance_id,
            "source": entry.source,
            "message": entry.message,
        }
    )


def audit_of_row(row: Mapping[str, Any]) -> AuditEntry:
    """A row as a line of the audit."""
    machine = MachineKey(row["account"], row["instance_id"]) if row["account"] or row["instance_id"] else None
    return AuditEntry(
        datetime.fromisoformat(row["at"]),
        Deed(row["deed"]),
        row["reason"],
        row["fqdn"],
        machine,
        row["source"],
        row["message"],
    )
