"""What is asked of a document that is truly signed: each check, what it lets pass and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from ipaddress import ip_address

import pytest

from hostname_service.errors import Later, Refused, ServiceError
from hostname_service.identity.checks import (
    MOST_AHEAD,
    WINDOW,
    Outage,
    SourceMode,
    check_account,
    check_described,
    check_source,
    check_window,
)
from hostname_service.identity.document import read_document
from hostname_service.model import Machine, MachineState
from tests.hostname_service.authority import ACCOUNT, INSTANCE, REGION, STARTED, document

DOCUMENT = read_document(document(), {REGION})
MACHINE = Machine(
    INSTANCE,
    MachineState.RUNNING,
    private_ip="10.0.0.5",
    public_ip="192.0.2.7",
    ipv6=("2001:db8::5",),
    launched=STARTED,
)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def after(minutes: float) -> datetime:
    return STARTED + minutes * MINUTE


def reason(raised: pytest.ExceptionInfo[ServiceError]) -> str:
    assert INSTANCE in raised.value.message
    return raised.value.reason


def test_an_account_that_is_not_listed_is_refused() -> None:
    check_account(DOCUMENT, {ACCOUNT})
    for accounts in ({"111122223333"}, set[str]()):
        with pytest.raises(Refused) as refused:
            check_account(DOCUMENT, accounts)
        assert reason(refused) == "account"


@pytest.mark.parametrize("now", [STARTED, STARTED + WINDOW, STARTED - MOST_AHEAD])
def test_a_machine_comes_within_its_window(now: datetime) -> None:
    check_window(DOCUMENT, now)


@pytest.mark.parametrize(
    "now, word", [(STARTED + WINDOW + SECOND, "window"), (STARTED - MOST_AHEAD - SECOND, "future")]
)
def test_a_machine_outside_its_window_is_refused(now: datetime, word: str) -> None:
    with pytest.raises(Refused) as refused:
        check_window(DOCUMENT, now)
    assert reason(refused) == word


@pytest.mark.parametrize(
    "outages, last",
    [
        ([], 5),
        ([(-60, -30)], 5),
        ([(-60, 2)], 7),
        ([(1, 61)], 65),
        ([(4, 64)], 65),
        ([(1, 3), (4, 10)], 13),
        # Down again behind the window: the machine could have come before that.
        ([(6, 60)], 5),
        # Down now, as the service sees itself: nobody is served then.
        ([(2, 1000)], 1000),
    ],
)
def test_the_window_is_longer_by_the_time_that_the_service_was_down(
    outages: list[tuple[float, float]], last: float
) -> None:
    downs = [Outage(after(since), after(until)) for since, until in outages]
    check_window(DOCUMENT, after(last), downs)
    if last < 1000:
        with pytest.raises(Refused, match="more than 5 minutes ago"):
            check_window(DOCUMENT, after(last) + SECOND, downs)


@pytest.mark.parametrize("source", ["10.0.0.5", "::ffff:10.0.0.5"])
@pytest.mark.parametrize("mode", SourceMode)
def test_a_claim_comes_from_the_address_in_the_document(mode: SourceMode, source: str) -> None:
    check_source(DOCUMENT, source, mode, None)
    check_source(DOCUMENT, source, mode, MACHINE)


@pytest.mark.parametrize("source", ["192.0.2.7", "2001:db8::5", "2001:DB8:0::5"])
def test_other_addresses_of_the_machine_count_only_when_told_and_known(source: str) -> None:
    check_source(DOCUMENT, source, SourceMode.ANY, MACHINE)
    for mode, machine in ((SourceMode.PRIVATE, MACHINE), (SourceMode.ANY, None)):
        with pytest.raises(Refused) as refused:
            check_source(DOCUMENT, source, mode, machine)
        assert reason(refused) == "address"


@pytest.mark.parametrize(
    "source", ["10.0.0.6", "", "10.0.0.5, 10.0.0.6", "::1", "10.0.0.5\n", "unix:", "x" * 5000]
)
def test_a_claim_from_elsewhere_is_refused_unless_nobody_looks(source: str) -> None:
    check_source(DOCUMENT, source, SourceMode.OFF, MACHINE)
    for mode in (SourceMode.PRIVATE, SourceMode.ANY):
        with pytest.raises(Refused) as refused:
            check_source(DOCUMENT, source, mode, MACHINE)
        assert reason(refused) == "address"
        assert refused.value.message.isprintable()
        assert len(refused.value.message) < 200


def test_an_ipv6_machine_comes_from_its_own_address() -> None:
    alone = replace(DOCUMENT, private_ip=ip_address("2001:db8::9"))
    check_source(alone, "2001:db8::9", SourceMode.PRIVATE, None)


@pytest.mark.parametrize("state", [MachineState.PENDING, MachineState.RUNNING])
def test_a_machine_that_ec2_describes_alike_passes_at_any_time(state: MachineState) -> None:
    for minutes in (0.0, 4.0, 10_000.0):
        check_described(DOCUMENT, replace(MACHINE, state=state), after(minutes))


def test_nothing_is_refused_when_ec2_was_not_asked() -> None:
    check_described(DOCUMENT, None, after(10_000))


@pytest.mark.parametrize(
    "state",
    [MachineState.STOPPING, MachineState.STOPPED, MachineState.SHUTTING_DOWN, MachineState.TERMINATED],
)
def test_a_machine_that_does_not_run_is_refused(state: MachineState) -> None:
    with pytest.raises(Refused, match=f"is {state}") as refused:
        check_described(DOCUMENT, replace(MACHINE, state=state), STARTED)
    assert reason(refused) == "state"


def test_a_machine_that_ec2_does_not_show_is_asked_for_again_and_later_refused() -> None:
    gone = Machine(INSTANCE, MachineState.GONE)
    for minutes in (-0.5, 0, 5):
        with pytest.raises(Later) as later:
            check_described(DOCUMENT, gone, after(minutes))
        assert reason(later) == "not-visible"
        assert later.value.retry_after > 0
    with pytest.raises(Refused) as refused:
        check_described(DOCUMENT, gone, after(5) + SECOND)
    assert reason(refused) == "gone"


def test_a_machine_of_another_address_is_refused() -> None:
    for other in ("10.0.0.6", ""):
        with pytest.raises(Refused) as refused:
            check_described(DOCUMENT, replace(MACHINE, private_ip=other), STARTED)
        assert reason(refused) == "described"


def test_a_pending_machine_without_an_address_is_asked_for_again() -> None:
    with pytest.raises(Later) as later:
        check_described(DOCUMENT, replace(MACHINE, state=MachineState.PENDING, private_ip=""), STARTED)
    assert reason(later) == "not-visible"


def test_a_document_of_an_earlier_start_is_refused() -> None:
    check_described(DOCUMENT, replace(MACHINE, launched=after(1)), after(2))
    check_described(DOCUMENT, replace(MACHINE, launched=after(-600)), after(2))
    check_described(DOCUMENT, replace(MACHINE, launched=None), after(2))
    with pytest.raises(Refused) as refused:
        check_described(DOCUMENT, replace(MACHINE, launched=after(1) + SECOND), after(2))
    assert reason(refused) == "older"
