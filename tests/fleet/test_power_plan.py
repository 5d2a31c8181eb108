"""Start, stop, reboot: which states act, and what refuses."""

import pytest

from ec2kit.engine.plan import Plan
from ec2kit.fleet.power.plan import reboot_plan, start_plan, stop_plan
from ec2kit.model.instances import Instance, State
from tests.support.fleet import address, instance

PLANS = {"start": start_plan, "stop": stop_plan, "reboot": reboot_plan}


def outcome(plan: Plan) -> str:
    if plan.steps:
        return plan.steps[0].step.kind.partition("-")[0]
    return "refused" if plan.refused else "unchanged"


@pytest.mark.parametrize(
    "state,start,stop,reboot",
    [
        (State.PENDING, "unchanged", "refused", "refused"),
        (State.RUNNING, "unchanged", "stop", "reboot"),
        (State.STOPPING, "refused", "stop", "refused"),
        (State.STOPPED, "start", "unchanged", "refused"),
        (State.SHUTTING_DOWN, "refused", "refused", "refused"),
        (State.TERMINATED, "refused", "refused", "refused"),
    ],
)
def test_states(state: State, start: str, stop: str, reboot: str) -> None:
    machine = [instance(1, state=state)]

    assert [outcome(plan(machine)) for plan in PLANS.values()] == [start, stop, reboot]


RECOVERING = {"ec2kit:failure": "3:recovering:restart:20260102T030405Z"}


@pytest.mark.parametrize(
    "tags,refusing",
    [
        ({"ec2kit:keep": "me"}, {"stop"}),
        ({"ec2kit:state": "quarantined"}, {"start", "reboot"}),
        (RECOVERING, {"start", "stop", "reboot"}),
        ({"ec2kit:failure": "3:done"}, set()),
        ({"ec2kit:hold.pause": "until=-; by=me; why=work"}, set()),
    ],
)
def test_tags_that_refuse(tags: dict[str, str], refusing: set[str]) -> None:
    acting = {"start": State.STOPPED, "stop": State.RUNNING, "reboot": State.RUNNING}

    refused = {
        verb for verb, state in acting.items() if PLANS[verb]([instance(1, state=state, tags=tags)]).refused
    }

    assert refused == refusing


def test_stop_is_refused_by_protection_and_by_an_instance_store() -> None:
    machines = [instance(1), instance(2, root_device_type="instance-store"), instance(3)]

    plan = stop_plan(machines, protected=["i-00000001"])

    assert [(item.rule, item.resource) for item in plan.refused] == [
        ("stop protection", "web-1 (i-00000001)"),
        ("instance store", "web-2 (i-00000002)"),
    ]
    assert [planned.key for planned in plan.steps] == ["stop/i-00000003"]


def test_stop_says_which_public_address_goes() -> None:
    plain, holder = instance(1, public_ip="198.18.0.1"), instance(2, public_ip="203.0.113.9")

    plan = stop_plan([plain, holder], (), [address(9, held_by=2)])

    (note,) = plan.notes
    assert note.startswith("the public address 198.18.0.1 of web-1 goes")


def test_many_that_lose_their_addresses_are_one_line() -> None:
    plan = stop_plan([instance(number, public_ip=f"198.18.0.{number}") for number in range(1, 7)])

    assert plan.notes == (
        "the public addresses of 6 machines go: only an Elastic IP stays with a stopped machine",
    )
    assert (
        len(stop_plan([instance(number, public_ip=f"198.18.0.{number}") for number in range(1, 6)]).notes)
        == 5
    )


def test_machines_of_one_name_are_reported_apart() -> None:
    twin: Instance = instance(2, tags={"Name": "web-1"})

    assert {planned.subject for planned in stop_plan([instance(1), twin]).steps} == {
        "i-00000001",
        "i-00000002",
    }
    assert {planned.subject for planned in stop_plan([instance(1), instance(2)]).steps} == {"web-1", "web-2"}


def test_an_empty_selection_says_so() -> None:
    assert start_plan([]).why_empty == "no selected machine is there to start"
