"""The one table of the DynamoDB registry: its keys, and values as DynamoDB's typed attributes.

| pk                    | sk                | what                                             |
|-----------------------|-------------------|--------------------------------------------------|
| `names`               | FQDN              | a binding                                        |
| `machine#ACCOUNT/ID`  | `name`            | `fqdn`: which name the machine holds             |
| `machine#ACCOUNT/ID`  | `seen`            | its first attestation                            |
| `order#machine`       | ID                | an operator's word                               |
| `order#name`          | FQDN              | `instance_id`: for whom a word wants the name    |
| `audit`               | TIME`#`RANDOM     | a line; `expires` is the TTL attribute           |
| `audit#name#FQDN`     | TIME`#`RANDOM     | the same line, to be found by name               |
| `audit#machine#ID`    | TIME`#`RANDOM     | the same line, to be found by machine            |
| `service`             | `heartbeat`       | `at`                                             |

Rows that are compared carry `rev`, a random text that every write renews: a condition on it is a condition on the row.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from hostname_service.model import MachineKey
from hostname_service.registry.rows import stored

Item = dict[str, dict[str, str]]
Key = tuple[str, str]

TTL = "expires"
"""Seconds since 1970, as DynamoDB wants them for its time to live."""

MOST = 512
"""Bytes of a key part that are kept as they are; DynamoDB takes 2048 of pk and 1024 of sk."""

HEARTBEAT: Key = ("service", "heartbeat")


def part(text: str) -> str:
    """Given a text of any length, return a key part: itself, or its digest when it is long. Strangers send names."""
    told = stored(text)
    raw = told.encode()
    return told if 0 < len(raw) <= MOST else f"sha256#{hashlib.sha256(raw).hexdigest()}"


def name_key(fqdn: str) -> Key:
    """Where a binding is."""
    return "names", part(fqdn)


def holder_key(machine: MachineKey) -> Key:
    """Where the name of a machine is."""
    return f"machine#{part(str(machine))}", "name"


def seen_key(machine: MachineKey) -> Key:
    """Where a first attestation is."""
    return f"machine#{part(str(machine))}", "seen"


def order_key(instance_id: str) -> Key:
    """Where a word for a machine is."""
    return "order#machine", part(instance_id)


def order_name_key(fqdn: str) -> Key:
    """Where it is said for whom a name is wanted."""
    return "order#name", part(fqdn)


def audit_partition(fqdn: str = "", instance_id: str = "") -> str:
    """Where the lines of a name, of a machine or of all are."""
    if fqdn:
        return f"audit#name#{part(fqdn)}"
    return f"audit#machine#{part(instance_id)}" if instance_id else "audit"


def typed(values: Mapping[str, Any]) -> Item:
    """Given texts and whole numbers, return attributes."""
    return {
        key: {"N": str(value)} if isinstance(value, int) else {"S": value} for key, value in values.items()
    }


def plain(item: Mapping[str, Any]) -> dict[str, Any]:
    """Given attributes of these two types, return texts and whole numbers."""
    return {key: int(value["N"]) if "N" in value else value["S"] for key, value in item.items()}


def keyed(key: Key) -> Item:
    """A key as attributes."""
    return typed({"pk": key[0], "sk": key[1]})
