"""The quick writer against moto's own serialiser, byte for byte, over a world with something of everything."""

from collections.abc import Callable
from typing import Any

import pytest
from moto.core.serialize import EC2Serializer, ResponseSerializer, XFormedAttributePicker
from moto.core.utils import get_service_model
from moto.ec2.responses import EC2Response

from ec2kit.sandbox.rules import answers, lookup
from tests.sandbox.rules.making import calm, disks_of, instance, launch, make_image, make_volume
from tests.support.inprocess import InProcess

pytestmark = pytest.mark.slow

ODD = "a <b> & \"c\" 'd' é\u2028"


def busy_world() -> tuple[InProcess, list[str]]:
    """Machines with tags, data disks and addresses, in several states, and all that they are made of."""
    sandbox = calm()
    ec2 = sandbox.client("ec2")
    tags = [
        {"ResourceType": kind, "Tags": [{"Key": "Name", "Value": ODD}]} for kind in ("instance", "volume")
    ]
    image_id = make_image(sandbox, data_gib=4, Description=ODD, BootMode="uefi")
    ids = launch(sandbox, image_id, count=2, TagSpecifications=tags) + launch(sandbox, image_id, count=2)
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    ec2.associate_address(AllocationId=address, InstanceId=ids[0])
    ec2.allocate_address(Domain="vpc")
    ec2.stop_instances(InstanceIds=ids[1:2])
    ec2.terminate_instances(InstanceIds=ids[2:3])
    ec2.detach_volume(VolumeId=disks_of(sandbox, ids[0])["/dev/sdf"]["VolumeId"])
    ec2.create_snapshot(VolumeId=make_volume(sandbox, Encrypted=True, VolumeType="gp3"), Description=ODD)
    ec2.create_image(InstanceId=ids[0], Name="web-image")
    return sandbox, ids


RESULTS: dict[str, Callable[[Any], Any]] = {
    "DescribeAddresses": lambda ec2: {"Addresses": ec2.addresses},
    "DescribeImages": lambda ec2: {"Images": list(ec2.amis.values()), "NextToken": None},
    "DescribeInstanceTypes": lambda ec2: {"InstanceTypes": ec2.instance_types[::12]},
    "DescribeInstances": lambda ec2: {"Reservations": list(ec2.reservations.values()), "NextToken": "more"},
    "DescribeInstanceStatus": lambda ec2: {"InstanceStatuses": list(lookup.instances(ec2))},
    "DescribeSnapshots": lambda ec2: {"Snapshots": list(ec2.snapshots.values())},
    "DescribeTags": lambda ec2: {"Tags": ec2.describe_tags()},
    "DescribeVolumes": lambda ec2: {"Volumes": list(ec2.volumes.values())},
    "RunInstances": lambda ec2: next(iter(ec2.reservations.values())),
}


def written(operation: str, result: Any, write: Callable[[Any, dict[str, Any], Any], dict[str, Any]]) -> str:
    """The body of an answer, by one of the two ways."""
    model = get_service_model("ec2").operation_model(operation)
    picker = XFormedAttributePicker(response_transformers=EC2Response.RESPONSE_KEY_PATH_TO_TRANSFORMER)
    serializer = EC2Serializer(operation_model=model, value_picker=picker)
    return str(write(serializer, {"headers": {}}, result)["body"])


@pytest.mark.parametrize("operation", sorted(answers.COMPILED))
def test_the_text_is_what_moto_writes(operation: str) -> None:
    sandbox, ids = busy_world()
    backend = lookup.backend_of("123456789012", "eu-west-1")
    seen = set()
    for change in range(3):
        result = RESULTS[operation](backend)
        quick = written(operation, result, EC2Serializer._serialize_result)
        assert quick == written(operation, result, ResponseSerializer._serialize_result)
        seen.add(quick)
        sandbox.client("ec2").create_tags(
            Resources=[ids[0]], Tags=[{"Key": f"change-{change}", "Value": "x"}]
        )
        sandbox.tick(40)
    if operation in ("DescribeInstances", "DescribeTags"):
        assert len(seen) == 3


def test_every_change_is_in_the_next_answer() -> None:
    sandbox = calm()
    ec2 = sandbox.client("ec2")
    (instance_id,) = launch(sandbox, make_image(sandbox, data_gib=4))
    before = instance(sandbox, instance_id)
    group = ec2.create_security_group(GroupName="web", Description="web")["GroupId"]
    address = ec2.allocate_address(Domain="vpc")
    data = disks_of(sandbox, instance_id)["/dev/sdf"]["VolumeId"]
    ec2.create_tags(Resources=[instance_id], Tags=[{"Key": "Name", "Value": ODD}])
    ec2.associate_address(AllocationId=address["AllocationId"], InstanceId=instance_id)
    ec2.modify_instance_attribute(InstanceId=instance_id, Groups=[group])
    ec2.modify_instance_metadata_options(InstanceId=instance_id, HttpTokens="required")
    ec2.detach_volume(VolumeId=data)
    ec2.stop_instances(InstanceIds=[instance_id])
    sandbox.tick(40)
    ec2.modify_instance_attribute(InstanceId=instance_id, InstanceType={"Value": "t3.small"})
    after = instance(sandbox, instance_id)
    changed = {key for key in {*before, *after} if before.get(key) != after.get(key)}
    assert changed >= {
        "BlockDeviceMappings",
        "InstanceType",
        "MetadataOptions",
        "NetworkInterfaces",
        "PublicDnsName",
        "PublicIpAddress",
        "SecurityGroups",
        "State",
        "StateReason",
        "StateTransitionReason",
        "Tags",
    }
    assert after["Tags"] == [{"Key": "Name", "Value": ODD}]
