"""Recoverable: yes or no, and everything that stands in the way."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ec2kit.fleet.recoverable import Enrolment, recoverable
from ec2kit.inventory.description import DiskSpec, Spec, spec_tags
from ec2kit.model.instances import State
from tests.support.fleet import NOW, instance, snapshot_set

SPEC = Spec("i-00000001", "web-1", "/dev/xvda", "x86_64", (DiskSpec("/dev/xvda", "vol-00000001", 8),))
DESCRIBED = {**spec_tags(SPEC), "ec2kit:launch": "lt-00000001:1"}
GOOD = snapshot_set(2, tags=DESCRIBED)
FULL = Enrolment(acts=True, replaces=True)
RESTART = Enrolment(acts=True)
PROBED = {"ec2kit:check": "http:80/"}


def answer(**changes: Any) -> tuple[bool, str]:
    values: dict[str, Any] = {
        "enrolment": FULL,
        "sets": (GOOD,),
        "billing_code": False,
        "tags": PROBED,
        **changes,
    }
    machine = instance(1, tags=values.pop("tags"), **values.pop("machine", {}))
    found = recoverable(machine, values["enrolment"], values["sets"], values["billing_code"], NOW)
    return found.yes, str(found)


def test_yes_says_from_what() -> None:
    assert answer() == (
        True,
        "yes, because the set web-1@20260102T010405Z, 2h old, is complete and described",
    )
    assert answer(enrolment=RESTART, sets=()) == (
        True,
        "yes, because it may be restarted with the same disks",
    )


def test_yes_but_no_probe() -> None:
    assert answer(tags={})[1].endswith("(but it has no probe: only what EC2's own checks see counts)")


@pytest.mark.parametrize(
    "changes,reason",
    [
        ({"enrolment": Enrolment()}, "it is not enrolled for recovery: `ec2kit protect web-1`"),
        ({"enrolment": Enrolment(problem="its tags cannot be read")}, "its tags cannot be read"),
        ({"enrolment": Enrolment(True, True, holds=("paused (me)",))}, "paused (me)"),
        ({"sets": ()}, "it has no snapshot set: `ec2kit snapshot create web-1`"),
        ({"sets": (snapshot_set(1, "pending"),)}, "is not complete"),
        ({"sets": (snapshot_set(1, announced=2),)}, "is not complete"),
        ({"sets": (snapshot_set(1, tags={"ec2kit:bad": "no boot"}),)}, "is marked bad (no boot)"),
        (
            {"sets": (snapshot_set(30, tags=DESCRIBED),)},
            "its newest complete set is 1d6h old, and at most 1d are allowed",
        ),
        ({"sets": (snapshot_set(1),)}, "cannot be used: it has none"),
        ({"sets": (snapshot_set(1, tags=spec_tags(SPEC)),)}, "it names no launch template"),
        ({"sets": (snapshot_set(1, tags={**DESCRIBED, "ec2kit:spec.0": "x"}),)}, "cannot be read"),
        ({"billing_code": True}, "its image has a billing code, which a machine from snapshots would lose"),
        ({"machine": {"root_device_type": "instance-store"}}, "its root disk is an instance store"),
        ({"machine": {"state": State.TERMINATED}}, "it is terminated"),
        ({"tags": {"ec2kit:state": "quarantined"}}, "it is quarantined"),
        ({"tags": {"aws:autoscaling:groupName": "asg"}}, "its Auto Scaling group asg replaces it"),
    ],
)
def test_no_says_why(changes: dict[str, Any], reason: str) -> None:
    yes, text = answer(**changes)

    assert not yes
    assert text.startswith("no, because ")
    assert reason in text


def test_an_older_good_set_counts_when_the_newest_is_not() -> None:
    assert answer(sets=(snapshot_set(1, "error", tags=DESCRIBED), GOOD))[0]


@given(st.integers(0, 72), st.integers(1, 72))
def test_age_alone_decides_for_a_good_set(hours: int, allowed: int) -> None:
    yes, _ = answer(
        enrolment=Enrolment(True, True, max_age=timedelta(hours=allowed)),
        sets=(snapshot_set(hours, tags=DESCRIBED),),
    )

    assert yes == (hours <= allowed)
