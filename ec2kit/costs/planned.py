"""What a finished plan will cost a month: each step that makes something which is billed, and all of them. Pure.

The steps know nothing of it. What they do not say themselves (an image's disks, whether a subnet gives public
addresses) is in `Known`; what is not known there either is a part without an amount.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from ec2kit.aws.requests import ImageRequest, LaunchRequest, VolumeRequest
from ec2kit.costs.prices.price import BY_OPERATION
from ec2kit.costs.standing import (
    Cost,
    Part,
    Rates,
    address_part,
    disk_parts,
    machine_part,
    snapshot_part,
)
from ec2kit.engine.plan import Plan
from ec2kit.engine.steps.address import AllocateAddress, AssociateAddress
from ec2kit.engine.steps.base import Step, later
from ec2kit.engine.steps.blocks import UploadSnapshot
from ec2kit.engine.steps.image import RegisterImage
from ec2kit.engine.steps.image_copy import CopyImage
from ec2kit.engine.steps.launch import RunInstance
from ec2kit.engine.steps.snapshot import CreateSnapshotSet
from ec2kit.engine.steps.volume import CreateVolume
from ec2kit.model.disks import Image, Volume
from ec2kit.model.disks import Mapping as Device
from ec2kit.model.ids import ImageId, SubnetId, VolumeId, Zone

IF_GIVEN = "public IPv4 address, if its subnet gives one"
DEFAULT_TYPE = "gp2"
"""Of a volume when nobody says (API Reference, EbsBlockDevice and CreateVolume)."""


@dataclass(frozen=True)
class Known:
    """What was seen of AWS when the plan was made."""

    images: Mapping[ImageId, Image] = field(default_factory=dict)
    public_subnets: frozenset[SubnetId] | None = None
    """Those that give each machine a public address; None when nobody looked."""
    template: Mapping[str, Any] = field(default_factory=dict)
    """The data of the launch template that fills in what a launch leaves open."""


@dataclass(frozen=True)
class PlanCost:
    """What a plan costs: by the keys of its steps (only those that cost), and why it could not be told, if so."""

    steps: Mapping[str, Cost] = field(default_factory=dict)
    trouble: str = ""

    @property
    def whole(self) -> Cost:
        """All of it."""
        return Cost(tuple(part for cost in self.steps.values() for part in cost.parts))


def plan_cost(plan: Plan, rates: Rates, region: str, known: Known | None = None) -> PlanCost:
    """Given a plan, return what what it makes will cost a month, as long as it stays."""
    seen = _with_images(plan, known or Known())
    costs = {planned.key: step_cost(planned.step, rates, region, seen) for planned in plan.steps}
    for key in _given_an_address(plan) & costs.keys():
        # AWS takes back the one that the machine had of its subnet.
        costs[key] = costs[key].of("machine", "disk")
    return PlanCost({key: cost for key, cost in costs.items() if cost.parts})


def _with_images(plan: Plan, known: Known) -> Known:
    """What was seen, and the images that the plan itself registers: what is launched of one has its disks."""
    made = {
        ImageId(later(planned.key, "image_id")): _registered(planned.step.request)
        for planned in plan.steps
        if isinstance(planned.step, RegisterImage)
    }
    return replace(known, images={**known.images, **made})


def _registered(request: ImageRequest) -> Image:
    return Image(ImageId(""), request.name, "", request.architecture, request.root_device, request.mappings)


def _given_an_address(plan: Plan) -> set[str]:
    """The keys of the steps whose machines get an Elastic IP in the same plan."""
    given = [planned for planned in plan.steps if isinstance(planned.step, AssociateAddress)]
    return {
        need for planned in given for need in planned.needs if isinstance(plan.step(need).step, RunInstance)
    }


def step_cost(step: Step, rates: Rates, region: str, known: Known) -> Cost:
    """Given a step, return what it makes costs; nothing for one that makes nothing that is billed."""
    table: dict[type[Step], Callable[[Any], Cost]] = {
        RunInstance: partial(_launched, rates, region, known),
        AllocateAddress: lambda _: Cost((address_part(rates, region),)),
        CreateSnapshotSet: lambda made: _stored(rates, region, made.size_gib),
        UploadSnapshot: lambda made: _stored(rates, region, made.size_gib),
        CopyImage: lambda made: _stored(rates, made.region, made.size_gib),
        CreateVolume: lambda made: _volume(rates, region, made.request),
    }
    reckon = table.get(type(step))
    return reckon(step) if reckon else Cost()


def _stored(rates: Rates, region: str, size_gib: int) -> Cost:
    return Cost((snapshot_part(rates, region, size_gib),) if size_gib else ())


def _volume(rates: Rates, region: str, request: VolumeRequest) -> Cost:
    device = Device("", size_gib=request.size_gib, type=request.type, iops=request.iops)
    return Cost(_disk(rates, region, device, request.throughput))


def _launched(rates: Rates, region: str, known: Known, step: RunInstance) -> Cost:
    """In the first place that it is tried in: another type costs something else, and nobody knows which it will be."""
    request, place = step.request, step.places[0]
    image = known.images.get(request.image) if request.image else None
    type = place.type or str(known.template.get("InstanceType", ""))
    parts: list[Part] = [_machine(rates, region, request, type, image)]
    devices = {device.device: device for device in image.mappings} if image else {}
    if image is None:
        parts.append(Part("disk", "", "disks of its image", None, unseen=True))
    for device in (*_templated(known.template), *request.mappings):
        devices[device.device] = _over(device, devices.get(device.device))
    for device in devices.values():
        parts += _disk(rates, region, device, device.throughput)
    if not place.subnet or known.public_subnets is None:
        parts.append(Part("address", "", IF_GIVEN, None, hourly=True, unseen=True))
    elif place.subnet in known.public_subnets:
        parts.append(address_part(rates, region))
    return Cost(tuple(parts))


def _machine(rates: Rates, region: str, request: LaunchRequest, type: str, image: Image | None) -> Part:
    if not type:
        return Part("machine", "", "machine of its template's type", None, hourly=True, unseen=True)
    if request.tenancy not in ("", "default"):
        return Part("machine", "", f"{type} with tenancy {request.tenancy}", None, hourly=True)
    operation = image.usage_operation if image else "RunInstances"
    return machine_part(rates, region, type, system=BY_OPERATION.get(operation or "RunInstances"))


def _templated(template: Mapping[str, Any]) -> Iterator[Device]:
    """The disks that a launch template names (API Reference, LaunchTemplateBlockDeviceMapping)."""
    for item in template.get("BlockDeviceMappings", ()):
        ebs = item.get("Ebs", {})
        yield Device(
            item.get("DeviceName", ""),
            size_gib=ebs.get("VolumeSize"),
            type=ebs.get("VolumeType", ""),
            iops=ebs.get("Iops"),
            throughput=ebs.get("Throughput"),
            virtual_name=item.get("VirtualName", ""),
        )


def _over(device: Device, base: Device | None) -> Device:
    """What a launch says of a device over what the image says of it."""
    if base is None:
        return device
    return Device(
        device.device,
        device.snapshot or base.snapshot,
        device.size_gib or base.size_gib,
        device.type or base.type,
        device.iops or base.iops,
        device.throughput or base.throughput,
    )


def _disk(rates: Rates, region: str, device: Device, throughput: int | None) -> tuple[Part, ...]:
    if device.virtual_name:
        # An instance store is in the machine's price.
        return ()
    kind = device.type or DEFAULT_TYPE
    if not device.size_gib:
        return (
            Part("disk", "", f"volume of {kind}, as large as its snapshot", None, hourly=True, unseen=True),
        )
    volume = Volume(
        VolumeId(""), "", device.size_gib, Zone(""), kind, iops=device.iops, throughput=throughput
    )
    return disk_parts(rates, region, volume)
