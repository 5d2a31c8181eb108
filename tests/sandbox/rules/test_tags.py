import pytest

from tests.sandbox.rules.making import calm, instance, launch, make_image, make_volume, refused

UNKNOWN = {
    "i-0123456789abcdef0": "InvalidInstanceID.NotFound",
    "vol-0123456789abcdef0": "InvalidVolume.NotFound",
    "snap-0123456789abcdef0": "InvalidSnapshot.NotFound",
    "ami-0123456789abcdef0": "InvalidAMIID.NotFound",
    "eipalloc-0123456789abcdef0": "InvalidElasticIpID.NotFound",
    "eni-0123456789abcdef0": "InvalidNetworkInterfaceID.NotFound",
    "sg-0123456789abcdef0": "InvalidGroup.NotFound",
    "subnet-0123456789abcdef0": "InvalidSubnetID.NotFound",
    "vpc-0123456789abcdef0": "InvalidVpcID.NotFound",
    "key-0123456789abcdef0": "InvalidKeyPair.NotFound",
    "lt-0123456789abcdef0": "InvalidLaunchTemplateId.NotFound",
}


def test_only_what_exists_can_be_tagged() -> None:
    sandbox = calm()
    ec2 = sandbox.client("ec2")
    volume_id = make_volume(sandbox)
    for unknown, code in UNKNOWN.items():
        with refused(code):
            ec2.create_tags(Resources=[volume_id, unknown], Tags=[{"Key": "a", "Value": "b"}])
    assert ec2.describe_tags()["Tags"] == []


@pytest.mark.parametrize(
    "key, value, code",
    [
        ("aws:mine", "x", "InvalidParameterValue"),
        ("AWS:mine", "x", "InvalidParameterValue"),
        ("k" * 129, "x", "InvalidParameterValue"),
        ("k", "v" * 257, "InvalidParameterValue"),
        ("k", "\x1b[31m", "InvalidCharacter"),
    ],
)
def test_keys_and_values_have_limits_at_creation_and_later(key: str, value: str, code: str) -> None:
    sandbox = calm()
    ec2 = sandbox.client("ec2")
    volume_id = make_volume(sandbox)
    with refused(code):
        ec2.create_tags(Resources=[volume_id], Tags=[{"Key": key, "Value": value}])
    tags = [{"ResourceType": "volume", "Tags": [{"Key": key, "Value": value}]}]
    with refused(code):
        ec2.create_volume(AvailabilityZone="eu-west-1a", Size=1, TagSpecifications=tags)
    assert len(ec2.describe_volumes()["Volumes"]) == 1
    longest = {"Key": "k" * 128, "Value": "v" * 256}
    ec2.create_tags(Resources=[volume_id], Tags=[longest])
    assert ec2.describe_volumes(VolumeIds=[volume_id])["Volumes"][0]["Tags"] == [longest]


def test_a_resource_has_at_most_fifty_tags_not_counting_those_of_aws() -> None:
    from ec2kit.sandbox.rules import lookup

    sandbox = calm()
    ec2 = sandbox.client("ec2")
    volume_id = make_volume(sandbox)
    backend = lookup.backend_of("123456789012", "eu-west-1")
    backend.tags[volume_id]["aws:backup:source-resource"] = "arn"
    fifty = [{"Key": f"key-{number}", "Value": ""} for number in range(50)]
    ec2.create_tags(Resources=[volume_id], Tags=fifty)
    ec2.create_tags(Resources=[volume_id], Tags=fifty[:3])
    with refused("TagLimitExceeded"):
        ec2.create_tags(Resources=[volume_id], Tags=[{"Key": "one-more", "Value": ""}])
    one_more = [{"ResourceType": "volume", "Tags": [*fifty, {"Key": "one-more", "Value": ""}]}]
    with refused("TagLimitExceeded"):
        ec2.create_volume(AvailabilityZone="eu-west-1a", Size=1, TagSpecifications=one_more)
    with refused("TagLimitExceeded"):
        ec2.run_instances(
            ImageId=make_image(sandbox),
            MinCount=1,
            MaxCount=1,
            TagSpecifications=[{**one_more[0], "ResourceType": "instance"}],
        )


def test_an_action_tags_only_what_it_makes() -> None:
    sandbox = calm()
    ec2 = sandbox.client("ec2")
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "a", "Value": "b"}]}]
    with refused("InvalidParameterValue"):
        ec2.allocate_address(Domain="vpc", TagSpecifications=tags)
    assert ec2.describe_addresses()["Addresses"] == []
    twice = [{"ResourceType": "elastic-ip", "Tags": [{"Key": "a", "Value": "b"}, {"Key": "a", "Value": "c"}]}]
    with refused("InvalidParameterValue"):
        ec2.allocate_address(Domain="vpc", TagSpecifications=twice)


def test_tags_are_set_changed_and_deleted() -> None:
    sandbox = calm()
    ec2 = sandbox.client("ec2")
    first, second = launch(sandbox, make_image(sandbox), count=2)
    ec2.create_tags(
        Resources=[first, second], Tags=[{"Key": "role", "Value": "web"}, {"Key": "empty", "Value": ""}]
    )
    ec2.create_tags(Resources=[second], Tags=[{"Key": "role", "Value": "db"}])
    ec2.delete_tags(Resources=[first], Tags=[{"Key": "empty"}, {"Key": "role", "Value": "db"}])
    assert instance(sandbox, first)["Tags"] == [{"Key": "role", "Value": "web"}]
    found = ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [second]}])["Tags"]
    assert {one["Key"]: one["Value"] for one in found} == {"role": "db", "empty": ""}
    assert {one["ResourceType"] for one in found} == {"instance"}
    with refused("InvalidParameterValue"):
        ec2.delete_tags(Resources=[first], Tags=[{"Key": "aws:mine"}])
