"""What the tests of the registries stand on: values, and both back ends behind one way to open them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from hostname_service.clock import SystemClock
from hostname_service.model import Attested, AuditEntry, Binding, BindingState, Deed, Document, MachineKey
from hostname_service.registry.dynamodb import DynamoRegistry
from hostname_service.registry.port import Registry
from hostname_service.registry.table import Table, connect, create

ACCOUNT = "123456789012"
BEGAN = datetime(2026, 5, 1, 12, tzinfo=UTC)
ZONE = "shop.example.com"


def machine(number: int) -> MachineKey:
    """One of many machines."""
    return MachineKey(ACCOUNT, f"i-{number:017x}")


def wanted(name: str, number: int, **fields: Any) -> Binding:
    """A name as a machine's claim wants it."""
    address = f"10.0.{number // 256 % 256}.{number % 256}"
    fqdn = name if "." in name else f"{name}.{ZONE}"
    row = Binding(fqdn, machine(number), "eu-west-1", (address,), BEGAN, BindingState.RESERVED, BEGAN)
    return replace(row, **fields)


def attested(number: int, source: str = "10.0.0.1", minutes: int = 0) -> Attested:
    """A machine that was believed, started so many minutes after `BEGAN`."""
    began = BEGAN + timedelta(minutes=minutes)
    document = Document(ACCOUNT, machine(number).instance_id, "eu-west-1", ip_address("10.0.0.1"), began)
    return Attested(document, source, began + timedelta(seconds=20))


def line(reason: str, seconds: int = 0, **fields: Any) -> AuditEntry:
    """A line of the audit."""
    return replace(AuditEntry(BEGAN + timedelta(seconds=seconds), Deed.CLAIM, reason), **fields)


class OneAtATime:
    """A client whose calls do not overlap. DynamoDB promises that of its transactions; moto, which copies its tables
    and puts them back, keeps it only so."""

    def __init__(self, client: Any) -> None:
        self.client, self.lock = client, threading.Lock()

    def __getattr__(self, name: str) -> Any:
        called = getattr(self.client, name)
        if not callable(called):
            return called

        def call(**asked: Any) -> Any:
            with self.lock:
                return called(**asked)

        return call


@contextmanager
def dynamo_table() -> Iterator[Table]:
    """A table in moto."""
    from moto import mock_aws

    with mock_aws():
        table = connect("names", "eu-west-1")
        create(table)
        yield Table(OneAtATime(table.client), "names")


def dynamo(table: Table) -> DynamoRegistry:
    """One of any number of replicas on a table."""
    return DynamoRegistry(table, SystemClock().sleep)


def everything(registry: Registry) -> tuple[Any, ...]:
    """All that a registry can tell of a few machines and names, to compare two of them."""
    machines = [machine(number) for number in range(8)]
    return (
        list(registry.names()),
        [registry.binding_of(one) for one in machines],
        [registry.seen(one) for one in machines],
        [registry.order_for(one.instance_id) for one in machines],
        list(registry.audits()),
        registry.last_heartbeat(),
    )


def half(registry: Registry) -> list[str]:
    """What is there in one half only: names whose machine does not know it, and the other way."""
    rows = list(registry.names())
    wrong = [row.fqdn for row in rows if registry.binding_of(row.machine) != row]
    holders = [row.machine for row in rows]
    return wrong + [str(one) for one in holders if holders.count(one) > 1]


def sqlite_path(tmp_path: Path) -> Path:
    """Where a registry's file is in a test, in a directory that is only ours."""
    directory = tmp_path / "state"
    directory.mkdir(mode=0o700, exist_ok=True)
    return directory / "names.sqlite"
