"""The door to a DynamoDB table: get, write in one transaction, and pages; with DynamoDB's errors as ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from hostname_service.errors import Unavailable
from hostname_service.registry.items import TTL, Key, keyed, plain, typed
from hostname_service.registry.rows import Row, stored

_OVERTAKEN = frozenset({"ConditionalCheckFailed", "TransactionConflict"})
"""Reasons of a cancelled transaction that beginning again can mend (API reference, TransactWriteItems)."""


class Lost(Exception):
    """What was read is no longer so: begin again."""


@dataclass(frozen=True)
class Write:
    """One part of a transaction."""

    verb: str
    """`Put` or `Delete`."""
    key: Key
    row: Row | None = None
    condition: str = ""
    rev: str = ""

    def request(self, table: str) -> dict[str, Any]:
        """As DynamoDB wants it."""
        told: dict[str, Any] = {"TableName": table}
        if self.row is None:
            told["Key"] = keyed(self.key)
        else:
            told["Item"] = {**typed(self.row), **keyed(self.key)}
        if self.condition:
            told["ConditionExpression"] = self.condition
        if self.rev:
            told["ExpressionAttributeValues"] = {":rev": {"S": self.rev}}
        return {self.verb: told}


def put(key: Key, row: Row, there: Row | None) -> Write:
    """Write a row if what is there is still what was read; None: nothing."""
    if there is None:
        return Write("Put", key, row, "attribute_not_exists(pk)")
    return Write("Put", key, row, "rev = :rev", there["rev"])


def delete(key: Key, there: Row) -> Write:
    """Delete a row if it is still the one that was read."""
    return Write("Delete", key, None, "rev = :rev", there["rev"])


class Table:
    """A table, by a client of boto3. Raises `Unavailable` when DynamoDB does not answer, throttles or refuses."""

    def __init__(self, client: Any, name: str) -> None:
        self.client, self.name = client, name

    def get(self, key: Key) -> Row | None:
        """A row as it is now, without its keys."""
        with self._translated():
            item = self.client.get_item(TableName=self.name, Key=keyed(key), ConsistentRead=True).get("Item")
        return plain(item) if item else None

    def write(self, *writes: Write) -> None:
        """All or nothing; raises `Lost` when a condition does not hold.

        Always a transaction, even of one: boto3 sends a token with it, so that a request whose answer was lost and
        that is sent again does not fail on what it wrote itself.
        """
        with self._translated():
            self.client.transact_write_items(TransactItems=[write.request(self.name) for write in writes])

    def page(self, partition: str, limit: int, after: str = "") -> list[Row]:
        """Rows of a partition in the order of sk, behind `after`."""
        asked = self._query(partition)
        if after:
            asked["KeyConditionExpression"] += " AND sk > :after"
            asked["ExpressionAttributeValues"][":after"] = {"S": after}
        return self._rows(asked, limit)

    def newest(self, partition: str, limit: int, machine: str = "") -> list[Row]:
        """Rows of a partition from the last to the first, those of one machine if one is named."""
        asked = {**self._query(partition), "ScanIndexForward": False}
        if machine:
            asked["FilterExpression"] = "instance_id = :machine"
            asked["ExpressionAttributeValues"][":machine"] = {"S": stored(machine)}
        return self._rows(asked, limit)

    def _query(self, partition: str) -> dict[str, Any]:
        return {
            "TableName": self.name,
            "ConsistentRead": True,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": partition}},
        }

    def _rows(self, asked: dict[str, Any], limit: int) -> list[Row]:
        rows: list[Row] = []
        with self._translated():
            while True:
                answer = self.client.query(**asked, Limit=limit)
                rows += [plain(item) for item in answer["Items"]]
                if len(rows) >= limit or "LastEvaluatedKey" not in answer:
                    return rows[:limit]
                asked["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    @contextmanager
    def _translated(self) -> Iterator[None]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except ClientError as error:
            if _was_overtaken(error.response):
                raise Lost(str(error)) from error
            raise Unavailable("registry", f"the table {self.name} does not answer: {error}") from error
        except BotoCoreError as error:
            raise Unavailable("registry", f"the table {self.name} cannot be reached: {error}") from error


def _was_overtaken(answer: dict[str, Any]) -> bool:
    code = str(answer.get("Error", {}).get("Code", ""))
    if code != "TransactionCanceledException":
        return code == "TransactionConflictException"
    reasons = {reason.get("Code", "None") for reason in answer.get("CancellationReasons", ())} - {"None"}
    # With a throttled part among them it is the table that is short, not we who were late.
    return bool(reasons) and reasons <= _OVERTAKEN


def connect(name: str, region: str = "", endpoint: str = "") -> Table:
    """Given the name of a table, where it is (empty: as the environment says) and another endpoint, return the table.

    Short timeouts: a claim waits for this. boto3 makes four tries when it is throttled.
    """
    import boto3
    from botocore.config import Config

    config = Config(connect_timeout=2, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 4})
    client = boto3.client(
        "dynamodb", region_name=region or None, endpoint_url=endpoint or None, config=config
    )
    return Table(client, name)


def create(table: Table) -> None:
    """Make the table, billed by request, with the lines of the audit expiring by themselves; wait until it is there."""
    keys = (("pk", "HASH"), ("sk", "RANGE"))
    table.client.create_table(
        TableName=table.name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in keys],
        KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys],
    )
    table.client.get_waiter("table_exists").wait(TableName=table.name)
    expiring = {"Enabled": True, "AttributeName": TTL}
    table.client.update_time_to_live(TableName=table.name, TimeToLiveSpecification=expiring)
