"""What a finished plan will cost a month: by its steps, and by what was seen when it was made."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from ec2kit.aws.requests import ImageRequest, LaunchRequest, Place, VolumeRequest
from ec2kit.costs.planned import Known, PlanCost, plan_cost
from ec2kit.engine.plan import Plan, Planned
from ec2kit.engine.steps.address import AllocateAddress, AssociateAddress
from ec2kit.engine.steps.base import Step, later
from ec2kit.engine.steps.image import RegisterImage
from ec2kit.engine.steps.image_copy import CopyImage
from ec2kit.engine.steps.instance import TerminateInstance
from ec2kit.engine.steps.launch import RunInstance
from ec2kit.engine.steps.snapshot import CreateSnapshotSet
from ec2kit.engine.steps.volume import CreateVolume
from ec2kit.model.disks import Image
from ec2kit.model.disks import Mapping as Device
from ec2kit.model.ids import ImageId, InstanceId, InstanceType, Region, SnapshotId, SubnetId, Zone
from ec2kit.model.money import Money
from tests.costs.rates import RoundRates

RATES = RoundRates()
IMAGE = Image(
    ImageId("ami-1"),
    "debian",
    "available",
    "x86_64",
    "/dev/xvda",
    (Device("/dev/xvda", SnapshotId("snap-1"), 8, "gp3"),),
)
PUBLIC, PRIVATE = SubnetId("subnet-1"), SubnetId("subnet-2")
KNOWN = Known({IMAGE.id: IMAGE}, frozenset({PUBLIC}))


def launch(*devices: Device, subnet: SubnetId = PRIVATE, type: str = "t3.micro", **more: Any) -> RunInstance:
    request = LaunchRequest(image=IMAGE.id, mappings=devices, **more)
    return RunInstance(request, (Place(InstanceType(type), subnet), Place(InstanceType("m5.large"), subnet)))


def priced(*steps: Step, known: Known = KNOWN) -> PlanCost:
    plan = Plan(tuple(Planned(f"step/{number}", step) for number, step in enumerate(steps)))
    return plan_cost(plan, RATES, "eu-west-1", known)


def month(*steps: Step, known: Known = KNOWN) -> str | None:
    found = priced(*steps, known=known).whole.monthly
    return None if found is None else f"{found.amount.normalize():f}"


def test_a_launch_is_a_machine_and_the_disks_of_its_image() -> None:
    # 7.30 + 8 × 0.10
    assert month(launch()) == "8.1"
    assert month(launch(), launch()) == "16.2"


def test_a_disk_that_is_named_is_instead_of_the_images_or_beside_it() -> None:
    assert month(launch(Device("/dev/xvda", size_gib=20))) == "9.3"
    assert month(launch(Device("/dev/sdf", size_gib=100, type="gp3"))) == "18.1"
    assert (
        month(launch(Device("/dev/xvda", type="io2", iops=1000))) == f"{Decimal('7.3') + Decimal('1.6') + 65}"
    )


def test_an_instance_store_costs_nothing_by_itself() -> None:
    assert month(launch(Device("/dev/sdb", virtual_name="ephemeral0"))) == "8.1"


def test_a_public_address_comes_with_the_subnet() -> None:
    assert month(launch(subnet=PUBLIC)) == "11.75"


def test_with_an_elastic_address_it_has_that_one_only() -> None:
    plan = Plan(
        (
            Planned("launch/web", launch(subnet=PUBLIC)),
            Planned("address/web", AllocateAddress()),
            Planned(
                "assign/web",
                AssociateAddress(later("address/web", "allocation_id"), later("launch/web", "instance_id")),
                ("launch/web", "address/web"),
            ),
        )
    )
    found = plan_cost(plan, RATES, "eu-west-1", KNOWN)
    assert set(found.steps) == {"launch/web", "address/web"}
    assert found.whole.monthly == Money(Decimal("11.75"))


def test_a_subnet_that_is_left_to_others_may_give_an_address() -> None:
    found = priced(launch(subnet=SubnetId("")))
    assert found.whole.unpriced == ("public IPv4 address, if its subnet gives one",)


def test_an_image_that_was_not_seen_has_disks_that_nobody_knows() -> None:
    """A run that is resumed has its plan and nothing else."""
    found = priced(launch(), known=Known())
    assert found.whole.unpriced == ("disks of its image", "public IPv4 address, if its subnet gives one")
    assert month(launch(), known=Known()) == "7.3"


def test_an_image_that_the_plan_registers_itself() -> None:
    request = ImageRequest(
        "web-1", "x86_64", "/dev/xvda", (Device("/dev/xvda", SnapshotId("snap-1"), 28, "gp3"),)
    )
    run = LaunchRequest(image=ImageId(later("image", "image_id")))
    plan = Plan(
        (
            Planned("image", RegisterImage(request)),
            Planned("launch", RunInstance(run, (Place(InstanceType("t3.micro"), PRIVATE),)), ("image",)),
        )
    )
    # 7.30 + 28 × 0.10
    assert plan_cost(plan, RATES, "eu-west-1", Known(public_subnets=frozenset())).whole.monthly == Money(
        Decimal("10.10")
    )


def test_what_a_launch_template_names() -> None:
    template = {
        "InstanceType": "m5.large",
        "BlockDeviceMappings": [{"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 50, "VolumeType": "gp3"}}],
    }
    known = Known({IMAGE.id: IMAGE}, frozenset(), template)
    # 73 + 0.8 + 5
    assert month(launch(type=""), known=known) == "78.8"
    assert month(launch(Device("/dev/sdf", size_gib=10), type=""), known=known) == "74.8"
    assert priced(launch(type="")).whole.unpriced == ("machine of its template's type",)


def test_a_licence_and_a_tenancy_are_not_linux_prices() -> None:
    windows = replace(IMAGE, usage_operation="RunInstances:0002")
    assert priced(launch(), known=replace(KNOWN, images={IMAGE.id: windows})).whole.unpriced == (
        "t3.micro with windows",
    )
    assert priced(launch(tenancy="dedicated")).whole.unpriced == ("t3.micro with tenancy dedicated",)


def test_sets_and_copies_are_bounds() -> None:
    made = CreateSnapshotSet(InstanceId("i-1"), "web-1@1", 2, size_gib=28)
    copied = CopyImage(ImageId("ami-1"), Region("eu-west-1"), Region("us-east-1"), "debian", size_gib=8)
    assert month(made) == "1.4"
    assert month(made, copied) == "1.8"
    assert priced(made).whole.at_most


def test_volumes() -> None:
    assert month(CreateVolume(VolumeRequest(Zone("eu-west-1a"), 30))) == "3"
    from_snapshot = CreateVolume(VolumeRequest(Zone("eu-west-1a"), snapshot=SnapshotId("snap-1")))
    assert priced(from_snapshot).whole.unpriced == ("volume of gp3, as large as its snapshot",)


def test_steps_that_make_nothing_cost_nothing() -> None:
    found = priced(TerminateInstance(InstanceId("i-1")))
    assert (dict(found.steps), found.whole.parts) == ({}, ())
