"""What only DynamoDB has: its errors, its transactions, and lines that expire."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from hostname_service.errors import Unavailable
from hostname_service.registry.dynamodb import TRIES, DynamoRegistry
from hostname_service.registry.items import MOST, TTL, part
from hostname_service.registry.rules import KEPT
from hostname_service.registry.table import Table
from tests.hostname_service.registry.ground import (
    BEGAN,
    attested,
    dynamo,
    dynamo_table,
    half,
    line,
    machine,
    wanted,
)

pytestmark = pytest.mark.slow


@pytest.fixture
def table() -> Iterator[Table]:
    with dynamo_table() as made:
        yield made


class Failing:
    """A client that answers `transact_write_items` with these errors, one after the other, and then as it should.

    With `after`, the request is carried out first: its answer is what is lost."""

    def __init__(self, client: Any, errors: list[Exception]) -> None:
        self.client, self.errors, self.calls = client, errors, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)

    def transact_write_items(self, **asked: Any) -> Any:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return self.client.transact_write_items(**asked)


def cancelled(*codes: str) -> ClientError:
    answer: Any = {
        "Error": {"Code": "TransactionCanceledException", "Message": "cancelled"},
        "CancellationReasons": [{"Code": code} for code in codes],
    }
    return ClientError(answer, "TransactWriteItems")


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "TransactWriteItems")


def failing(table: Table, *errors: Exception) -> tuple[DynamoRegistry, Failing, list[float]]:
    client = Failing(table.client, list(errors))
    slept: list[float] = []
    return DynamoRegistry(Table(client, table.name), slept.append), client, slept


@pytest.mark.parametrize("code", ["ConditionalCheckFailed", "TransactionConflict"])
def test_who_was_overtaken_begins_again(table: Table, code: str) -> None:
    registry, client, slept = failing(table, cancelled("None", code), cancelled(code))
    row = registry.reserve(wanted("web-1", 1))
    assert dynamo(table).binding(row.fqdn) == row
    assert (client.calls, len(slept)) == (3, 2)


def test_who_is_always_overtaken_gives_up(table: Table) -> None:
    registry, client, slept = failing(table, *[cancelled("TransactionConflict")] * TRIES)
    with pytest.raises(Unavailable, match="too many at once"):
        registry.reserve(wanted("web-1", 1))
    assert client.calls == TRIES
    assert sum(slept) < 10
    assert dynamo(table).names() == []


@pytest.mark.parametrize(
    "error",
    [
        refused("ProvisionedThroughputExceededException"),
        refused("ThrottlingException"),
        refused("AccessDeniedException"),
        refused("ResourceNotFoundException"),
        cancelled("ThrottlingError", "None"),
        cancelled("ConditionalCheckFailed", "ProvisionedThroughputExceeded"),
        cancelled(),
        EndpointConnectionError(endpoint_url="https://example.com"),
    ],
    ids=str,
)
def test_what_is_no_race_is_away_at_once(table: Table, error: Exception) -> None:
    registry, client, slept = failing(table, error)
    with pytest.raises(Unavailable) as away:
        registry.attest(attested(1))
    assert away.value.reason == "registry"
    assert (client.calls, slept) == (1, [])


def test_no_table_is_away(table: Table) -> None:
    other = dynamo(Table(table.client, "elsewhere"))
    for ask in (lambda: other.binding("a"), other.names, lambda: other.audit(line("none"))):
        with pytest.raises(Unavailable, match="elsewhere"):
            ask()


class Overtaking:
    """A client in whose reading something else happens once, as another replica would do it."""

    def __init__(self, client: Any, meanwhile: Any) -> None:
        self.client, self.meanwhile = client, meanwhile

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)

    def transact_write_items(self, **asked: Any) -> Any:
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        return self.client.transact_write_items(**asked)


def test_name_and_machine_are_bound_together_or_not_at_all(table: Table) -> None:
    """Between the reading and the writing of one, the machine gets another name: its transaction does nothing."""
    other = dynamo(table)
    client = Overtaking(table.client, lambda: other.reserve(wanted("db", 1)))
    registry = dynamo(Table(client, table.name))
    with pytest.raises(Exception, match="has the name 'db") as held:
        registry.reserve(wanted("web-1", 1))
    assert getattr(held.value, "reason", "") == "has-name"
    assert [row.fqdn for row in other.names()] == [wanted("db", 1).fqdn]
    assert half(other) == []


def test_an_attestation_that_is_overtaken_by_another_address_is_a_replay(table: Table) -> None:
    other = dynamo(table)
    client = Overtaking(table.client, lambda: other.attest(attested(1, "10.0.0.66")))
    with pytest.raises(Exception, match="from another address"):
        dynamo(Table(client, table.name)).attest(attested(1))
    kept = other.seen(machine(1))
    assert kept is not None
    assert kept.source == "10.0.0.66"


def test_lines_of_the_audit_expire(table: Table) -> None:
    dynamo(table).audit(line("told", fqdn="a", machine=machine(1)))
    items = table.client.scan(TableName=table.name)["Items"]
    assert {item["pk"]["S"] for item in items} == {
        "audit",
        "audit#name#a",
        f"audit#machine#{machine(1).instance_id}",
    }
    assert {item[TTL]["N"] for item in items} == {str(int((BEGAN + KEPT).timestamp()))}
    told = table.client.describe_time_to_live(TableName=table.name)["TimeToLiveDescription"]
    assert (told["TimeToLiveStatus"], told["AttributeName"]) == ("ENABLED", TTL)


def test_pages_of_dynamodb_are_put_together(table: Table) -> None:
    """A query ends after 1 MB, whatever its limit."""
    registry = dynamo(table)
    for number in range(6):
        registry.audit(line(f"{number}", number, message="x" * 300_000))
    assert [entry.reason for entry in registry.audits()] == ["5", "4", "3", "2", "1", "0"]


def test_a_long_text_is_a_key_by_its_digest() -> None:
    assert part("a" * MOST) == "a" * MOST
    assert len(part("a" * (MOST + 1))) < 80
    assert part("a" * (MOST + 1)) != part("a" * (MOST + 2))
    assert part("")
