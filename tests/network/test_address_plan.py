"""The plans that move addresses: who may lose one, and what is written down."""

from dataclasses import replace
from typing import Any

import pytest

from ec2kit.engine.plan import Plan
from ec2kit.engine.steps import AssociateAddress
from ec2kit.errors import Refused, UsageError
from ec2kit.model.ids import InstanceId
from ec2kit.model.instances import Address, State
from ec2kit.network.addresses.plan import Assignment, allocate_plan, assign_plan, release_plan, unassign_plan
from tests.support.fleet import address, instance, interface

NAMES = {"i-00000001": "web-1", "i-00000002": "web-2", "i-00000003": "web-3"}


def assign(held: Address, **changes: Any) -> Plan:
    return assign_plan(Assignment(held, changes.pop("instance", instance(1)), names=NAMES, **changes))


def associate(plan: Plan) -> AssociateAddress:
    step = plan.step("assign").step
    assert isinstance(step, AssociateAddress)
    return step


def test_a_free_address_must_still_be_free() -> None:
    plan = assign(address(9))

    assert associate(plan).expected_holder is None
    assert plan.step("holder").needs == ("assign",)
    assert [planned.step.kind for planned in plan.steps] == ["associate-address", "set-tags"]


def test_held_by_somebody_is_refused_with_the_command_that_takes_it() -> None:
    with pytest.raises(Refused, match=r"203.0.113.9 is held by web-2 \(i-00000002\)") as told:
        assign(address(9, held_by=2))

    assert told.value.hint == "ec2kit eip assign 203.0.113.9 web-1 --from web-2"


def test_from_names_who_loses_it() -> None:
    plan = assign(address(9, held_by=2), taken_from=InstanceId("i-00000002"))

    assert associate(plan).expected_holder == "i-00000002"
    with pytest.raises(Refused, match=r"held by web-2 .*, not by web-3"):
        assign(address(9, held_by=2), taken_from=InstanceId("i-00000003"))


def test_from_does_not_matter_when_it_is_free() -> None:
    assert associate(assign(address(9), taken_from=InstanceId("i-00000002"))).expected_holder is None


def test_its_own_address_is_unchanged_and_a_wrong_holder_tag_put_right() -> None:
    right = assign(address(9, held_by=1, tags={"ec2kit:holder": "i-00000001"}))
    wrong = assign(address(9, held_by=1, tags={"ec2kit:holder": "i-00000002"}))

    assert not right.steps
    assert right.unchanged[0][0] == "203.0.113.9 (eipalloc-00000009)"
    assert [planned.key for planned in wrong.steps] == ["holder"]


def test_something_that_is_no_instance_keeps_it() -> None:
    held = replace(address(9, held_by=1), instance=None)

    for taken_from in (None, InstanceId("i-00000002")):
        with pytest.raises(Refused, match="is no instance"):
            assign(held, taken_from=taken_from)
    assert unassign_plan([held]).refused[0].rule == "holder"


@pytest.mark.parametrize(
    "target",
    [
        instance(1, state=State.TERMINATED),
        instance(1, state=State.SHUTTING_DOWN),
        instance(1, tags={"ec2kit:state": "quarantined"}),
        instance(1, tags={"ec2kit:failure": "2:recovering:restart:x"}),
    ],
)
def test_never_on_a_machine_that_ends_or_is_fenced(target: Any) -> None:
    with pytest.raises(Refused):
        assign(address(9), instance=target)


def test_the_targets_own_address_is_said_to_be_displaced() -> None:
    own = address(7, held_by=1, tags={"ec2kit:holder": "i-00000001"})

    plan = assign(address(9), addresses=(own, address(9), address(8, held_by=2)))

    (note,) = plan.notes
    assert note.startswith("203.0.113.7, which web-1 (i-00000001) has now, is displaced")
    assert plan.step("displaced/203.0.113.7").needs == ("assign",)


def test_an_address_on_another_interface_is_not_displaced() -> None:
    two = instance(1, interfaces=(interface(1), interface(1, index=1)))
    other = replace(address(7, held_by=1), interface=interface(1, index=1).id)

    plan = assign(address(9), instance=two, addresses=(other,))

    assert plan.notes == ()
    assert associate(plan).interface == interface(1).id
    assert associate(assign(address(9))).interface is None


def test_unassign_takes_from_who_has_it_and_forgets_the_holder() -> None:
    plan = unassign_plan([address(9, held_by=1, tags={"ec2kit:holder": "i-00000001"}), address(8)])

    assert [planned.step.kind for planned in plan.steps] == ["disassociate-address", "delete-tags"]
    assert plan.unchanged == (("203.0.113.8 (eipalloc-00000008)", "nobody has it"),)


def test_release_refuses_what_is_in_use_or_kept() -> None:
    plan = release_plan([address(9, held_by=1), address(8, tags={"ec2kit:keep": ""}), address(7)])

    assert [item.rule for item in plan.refused] == ["in use", "ec2kit:keep"]
    assert [planned.key for planned in plan.steps] == ["release/203.0.113.7"]
    assert plan.notes == ("203.0.113.7 may go to somebody else and cannot be had back for certain",)


def test_allocate() -> None:
    assert [planned.key for planned in allocate_plan(2, {"a": "b"}).steps] == ["allocate/1", "allocate/2"]
    with pytest.raises(UsageError):
        allocate_plan(0, {})
