"""The client of the operators' API against the service's own application."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from ec2kit.errors import AccessDenied, Busy, Ec2kitError, Exit, NotFound, Refused, Unavailable, UsageError
from ec2kit.hostnames.service import Operator, checked_name, refusal
from hostname_service import errors
from tests.hostnames.machine import ID, OTHER
from tests.hostnames.operators import InProcessDoor, MemoryDesk

WEB = "web-1.shop.example.com"


@pytest.fixture
def desk() -> MemoryDesk:
    desk = MemoryDesk()
    desk.declare(WEB, ID)
    return desk


@pytest.fixture
def operator(desk: MemoryDesk) -> Operator:
    return Operator(InProcessDoor(desk))


def test_a_row_is_all_that_the_service_tells(operator: Operator) -> None:
    row = operator.name(WEB)

    assert (row.fqdn, row.instance_id, row.account, row.region) == (WEB, ID, "123456789012", "eu-west-1")
    assert (row.addresses, row.state, row.dns_done, row.token_used) == (("10.0.0.5",), "bound", True, False)
    assert row.since == "2026-01-02T03:04:05+00:00"


def test_all_pages_are_read(desk: MemoryDesk) -> None:
    operator = Operator(InProcessDoor(desk), page=2)
    for number in range(2, 6):
        desk.declare(f"web-{number}.shop.example.com", ID)

    assert [row.fqdn for row in operator.names()] == [f"web-{n}.shop.example.com" for n in range(1, 6)]


def test_an_order_names_a_machine(operator: Operator, desk: MemoryDesk) -> None:
    assert operator.assign("Web-2.shop.example.com", OTHER) == "web-2.shop.example.com"
    assert desk.orders == {"web-2.shop.example.com": OTHER}


def test_released_and_reset(operator: Operator, desk: MemoryDesk) -> None:
    assert operator.release(WEB).instance_id == ID
    assert desk.bindings == {}
    assert operator.reset(ID) is True
    assert operator.reset(ID) is False
    with pytest.raises(NotFound, match="nobody has the name"):
        operator.release(WEB)


def test_collecting_says_why(operator: Operator, desk: MemoryDesk) -> None:
    desk.gone = {WEB: "terminated"}

    [dry] = operator.collect(dry_run=True)
    assert (dry.row.fqdn, dry.reason, dry.released) == (WEB, "terminated", False)
    [done] = operator.collect(dry_run=False)
    assert done.released
    assert operator.collect(dry_run=False) == ()


def test_what_is_wrong_there_is_said_here(desk: MemoryDesk, operator: Operator) -> None:
    desk.ill = errors.Unavailable("dns-away", "the name server 10.0.0.2 does not answer")
    with pytest.raises(Unavailable, match=r"10\.0\.0\.2 does not answer"):
        operator.release(WEB)
    with pytest.raises(AccessDenied):
        Operator(InProcessDoor(desk, user="")).assign(WEB, ID)


@pytest.mark.parametrize(
    "status, reason, kind, code",
    [
        (400, "bad-name", UsageError, Exit.USAGE),
        (403, "nobody", AccessDenied, Exit.CREDENTIALS),
        (404, "no-name", NotFound, Exit.NOT_FOUND),
        (409, "held", Refused, Exit.REFUSED),
        (409, "changed", Busy, Exit.BUSY),
        (429, "too-often", Unavailable, Exit.FAILED),
        (503, "dns-away", Unavailable, Exit.FAILED),
        (302, "", Unavailable, Exit.FAILED),
    ],
)
def test_each_refusal_has_its_exit_code(
    status: int, reason: str, kind: type[Ec2kitError], code: Exit
) -> None:
    error = refusal(status, reason, "it is so")

    assert type(error) is kind
    assert error.exit_code is code


@dataclass
class Odd:
    """Answers what is no answer."""

    body: bytes

    def ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        del method, path, body
        return 200, self.body


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"names": [1]}',
        b'{"names": [{}]}',
        b'{"names": {}}',
        b'{"names": [], "next": "a"}',
    ],
)
def test_an_answer_that_is_none_is_told(body: bytes) -> None:
    with pytest.raises(Unavailable):
        list(Operator(Odd(body)).names())


def test_names_are_checked_before_anything_is_asked() -> None:
    assert checked_name("WEB-1.Shop.example.com.") == WEB
    for word in ("", ".", "a..b", "-a", "a_b", "a/b", "../v1/gc", "a" * 64, "x\n"):
        with pytest.raises(UsageError):
            checked_name(word)
