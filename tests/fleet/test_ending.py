"""Terminate: what goes, what stays billed, what refuses, the last set first."""

from ec2kit.fleet.power.ending import Ending, terminate_plan, what_follows
from ec2kit.inventory.machine import Machine
from ec2kit.model.ids import VolumeId
from ec2kit.model.instances import Disk, InstanceAttributes, State
from ec2kit.snapshots.create import Subject
from tests.support.fleet import NOW, address, instance, snapshot_set, volume

DISKS = (Disk("/dev/xvda", VolumeId("vol-00000001"), True), Disk("/dev/sdf", VolumeId("vol-00000002"), False))


def test_says_what_goes_and_what_stays_billed() -> None:
    machine = instance(1, disks=DISKS, tags={"ec2kit:protect": "replace", "aws:autoscaling:groupName": "asg"})
    kept = volume(2, instance=machine.id, device="/dev/sdf", size_gib=20)
    ending = Ending(machine, False, (volume(1), kept), (address(9, held_by=1),), (snapshot_set(5),))

    assert list(what_follows(ending, NOW)) == [
        "web-1 goes, and with it vol-00000001 (8 GiB, /dev/xvda)",
        "stays billed: vol-00000002 (20 GiB, /dev/sdf) of web-1",
        "stays billed: Elastic IP 203.0.113.9 of web-1 (`ec2kit eip release 203.0.113.9`)",
        "stays billed: 1 snapshot set of web-1",
        "what web-1 wrote since its last set, 5h ago, is lost",
        "the Auto Scaling group asg will launch another for web-1",
        "web-1 is enrolled: terminated by your order, it will not be recovered",
    ]


def test_says_when_nothing_is_left() -> None:
    for sets in ((), (snapshot_set(1, "error"),)):
        told = list(what_follows(Ending(instance(1), False, (volume(1),), sets=sets), NOW))
        assert (
            "no snapshot set of web-1 is complete and good: its data is lost (--snapshot takes one first)"
            in told
        )


def test_what_refuses() -> None:
    endings = [
        Ending(instance(1, tags={"ec2kit:keep": ""})),
        Ending(instance(2), protected=True),
        Ending(instance(3, tags={"ec2kit:failure": "1:recovering"})),
        Ending(instance(4, state=State.TERMINATED)),
        Ending(instance(5)),
        Ending(instance(6, tags={"ec2kit:state": "quarantined"})),
    ]

    plan = terminate_plan(endings, NOW)

    rules = ["ec2kit:keep", "termination protection", "recovery", "quarantine"]
    assert [item.rule for item in plan.refused] == rules
    assert "ec2kit recovery retire i-00000006" in plan.refused[-1].reason
    assert [name for name, _ in plan.unchanged] == ["web-4 (i-00000004)"]
    assert [planned.key for planned in plan.steps] == ["terminate/i-00000005"]


def test_the_last_set_comes_first_and_a_machine_without_one_is_not_ended() -> None:
    machine = instance(1)
    last = Subject(Machine(machine, InstanceAttributes(), (volume(1),)))
    bare = instance(2, disks=())
    endings = [Ending(machine, last=last), Ending(bare, last=Subject(Machine(bare, InstanceAttributes())))]

    plan = terminate_plan(endings, NOW)

    assert plan.step("terminate/i-00000001").needs == ("i-00000001/set",)
    assert {planned.subject for planned in plan.steps} == {"web-1"}
    assert plan.refused[0].reason == "no last set can be taken: it has no EBS volumes"
