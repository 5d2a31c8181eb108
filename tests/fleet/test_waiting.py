"""`wait`: which words reach a goal, and which end the hope."""

import pytest

from ec2kit.fleet.waiting import GOALS
from ec2kit.model.instances import CheckState, InstanceStatus, State
from tests.support.fleet import instance


def status(system: str = "ok", inside: str = "ok", ebs: str = "ok") -> InstanceStatus:
    machine = instance(1)
    return InstanceStatus(
        machine.id, machine.state, machine.zone, CheckState(system), CheckState(inside), CheckState(ebs)
    )


@pytest.mark.parametrize(
    "goal,reached,hopeless",
    [
        ("running", {"running"}, {"shutting-down", "terminated"}),
        ("stopped", {"stopped"}, {"shutting-down", "terminated"}),
        ("terminated", {"terminated", "not shown"}, set()),
        ("gone", {"terminated", "not shown"}, set()),
    ],
)
def test_states(goal: str, reached: set[str], hopeless: set[str]) -> None:
    words = {GOALS[goal].word(instance(1, state=state), None) for state in State}
    words.add(GOALS[goal].word(None, None))

    assert words & GOALS[goal].wanted == reached
    assert words & GOALS[goal].hopeless == hopeless


def test_ok_wants_every_check_of_a_running_machine() -> None:
    word = GOALS["ok"].word

    assert word(instance(1), status()) == "ok"
    assert word(instance(1), status(ebs="not-applicable")) == "ok"
    assert (
        word(instance(1), status("initializing", "impaired"))
        == "system check initializing, instance check impaired"
    )
    assert word(instance(1), None) == "without checks"
    assert word(instance(1, state=State.STOPPED), status()) == "stopped"
