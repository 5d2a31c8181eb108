"""The comparison of what is bound with what DNS says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from hostname_service.dns.port import Records, owner_of
from hostname_service.dns.reconcile import Drift, Said, repairs, to_release
from hostname_service.model import Binding, BindingState, Machine, MachineKey, MachineState

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
SHOWN = timedelta(minutes=10)
MACHINE = MachineKey("123456789012", "i-00000000000000001")
FQDN = "web-1.shop.example.com"
ROW = Binding(
    FQDN, MACHINE, "eu-west-1", ("10.0.0.5", "2001:db8::5"), NOW, BindingState.BOUND, NOW - timedelta(hours=1)
)
RIGHT = Records(FQDN, ("2001:db8::5", "10.0.0.5"), owner_of(MACHINE))
POINTERS = {"10.0.0.5": FQDN, "2001:db8::5": FQDN}
OTHER = owner_of(MachineKey("123456789012", "i-00000000000000002"))


@pytest.mark.parametrize(
    "records, pointers, drifts",
    [
        (RIGHT, POINTERS, []),
        (RIGHT, {}, []),
        (None, POINTERS, [Drift.MISSING]),
        (None, {"10.0.0.5": ""}, [Drift.MISSING, Drift.POINTER_MISSING]),
        (replace(RIGHT, addresses=("10.0.0.6",)), POINTERS, [Drift.ADDRESSES]),
        (replace(RIGHT, addresses=()), POINTERS, [Drift.ADDRESSES]),
        (replace(RIGHT, owner=OTHER), {"10.0.0.5": ""}, [Drift.FOREIGN]),
        (replace(RIGHT, owner=""), {}, [Drift.FOREIGN]),
        (RIGHT, POINTERS | {"10.0.0.5": "db-1.shop.example.com"}, [Drift.POINTER_WRONG]),
        (RIGHT, {"10.0.0.5": "", "2001:db8::5": ""}, [Drift.POINTER_MISSING] * 2),
    ],
)
def test_what_there_is_to_mend(
    records: Records | None, pointers: dict[str, str], drifts: list[Drift]
) -> None:
    found = repairs(ROW, Said(records, pointers))
    assert [one.drift for one in found] == drifts
    assert all(one.is_ours is (one.drift is not Drift.FOREIGN) for one in found)
    assert all(one.is_reverse is one.drift.startswith("pointer") for one in found)


def test_what_the_previous_holder_left_is_ours_to_mend() -> None:
    row = replace(ROW, previous="123456789012/i-00000000000000003 123456789012/i-00000000000000002")
    found = repairs(row, Said(replace(RIGHT, owner=OTHER), POINTERS))
    assert [(one.drift, one.is_ours) for one in found] == [(Drift.MISSING, True)]
    assert "i-00000000000000002" in found[0].message


def test_a_name_that_is_let_go_is_not_mended() -> None:
    assert repairs(replace(ROW, state=BindingState.RELEASING), Said(None, {})) == []


@pytest.mark.parametrize(
    "state, age, gone",
    [
        (MachineState.RUNNING, 60, False),
        (MachineState.STOPPED, 60, False),
        (MachineState.SHUTTING_DOWN, 60, False),
        (MachineState.TERMINATED, 60, True),
        (MachineState.TERMINATED, 0, True),
        (MachineState.GONE, 60, True),
        (MachineState.GONE, 10, True),
        (MachineState.GONE, 9, False),
        (None, 60, False),
    ],
)
def test_names_of_machines_that_are_gone(state: MachineState | None, age: int, gone: bool) -> None:
    row = replace(ROW, since=NOW - timedelta(minutes=age))
    machine = (
        None if state is None else Machine(MACHINE.instance_id, state, tags={"ec2kit:state": "quarantined"})
    )
    assert to_release([row], {MACHINE: machine}, NOW, SHOWN) == ([row] if gone else [])


def test_who_was_not_asked_for_keeps_its_name() -> None:
    assert to_release([ROW], {}, NOW, SHOWN) == []
