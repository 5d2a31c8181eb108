"""What the tests of real steps stand on: the seeded address, and machines of their own."""

from __future__ import annotations

from ec2kit.aws.requests import LaunchRequest, Place
from ec2kit.engine.steps import RunInstance
from ec2kit.model.ids import AllocationId, InstanceId, InstanceType
from tests.engine.practice import ADDRESS, Practice


def allocation(practice: Practice) -> AllocationId:
    """The seeded address."""
    return next(each.allocation for each in practice.aws.addresses.describe() if each.public_ip == ADDRESS)


def holder(practice: Practice) -> str | None:
    """Who has the seeded address."""
    return practice.aws.addresses.one(allocation(practice)).instance


def free(practice: Practice) -> None:
    """Take the seeded address from whoever has it."""
    practice.aws.addresses.disassociate(practice.aws.addresses.one(allocation(practice)).association)


def fresh(practice: Practice) -> InstanceId:
    """A machine of this test's own."""
    like = practice.aws.instances.one(practice.instance())
    request = LaunchRequest(like.image, groups=like.groups, tags={"Name": practice.name})
    made = practice.do(RunInstance(request, (Place(InstanceType("t3.micro"), like.subnet),)), before=True)
    return InstanceId(made.results["1-run-instance"]["instance_id"])
