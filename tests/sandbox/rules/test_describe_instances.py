"""DescribeInstances: ids, filters, pages, and a zone that is down."""

import pytest

from tests.sandbox.rules.ground import Ground, refused


def test_every_filter_finds_its_machine_and_only_that(ground: Ground) -> None:
    iam = ground.sandbox.client("iam")
    profile = iam.create_instance_profile(InstanceProfileName="web")["InstanceProfile"]
    group = ground.ec2.create_security_group(GroupName="web", Description="web")["GroupId"]
    (made,) = ground.running(
        InstanceType="t3.large",
        ClientToken="mine",
        IamInstanceProfile={"Name": "web"},
        Monitoring={"Enabled": True},
        MetadataOptions={"HttpTokens": "required"},
        Placement={"AvailabilityZone": "eu-west-1b", "Tenancy": "dedicated", "GroupName": "spread"},
        SecurityGroupIds=[group],
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "role", "Value": "web*1"}]}],
    )
    ground.sandbox.tick(7200)
    (other,) = ground.running()
    shown = ground.one(made)
    for name, value in (
        ("availability-zone", "eu-west-1b"),
        ("client-token", "mine"),
        ("dns-name", shown["PublicDnsName"]),
        ("iam-instance-profile.arn", profile["Arn"]),
        ("instance.group-name", "web"),
        ("instance-type", "t3.l*"),
        ("ip-address", shown["PublicIpAddress"]),
        ("launch-time", f"{shown['LaunchTime']:%Y-%m-%dT%H}*"),
        ("metadata-options.http-tokens", "required"),
        ("monitoring-state", "enabled"),
        ("network-interface.addresses.private-ip-address", shown["PrivateIpAddress"]),
        ("network-interface.network-interface-id", shown["NetworkInterfaces"][0]["NetworkInterfaceId"]),
        ("placement-group-name", "spread"),
        ("private-ip-address", shown["PrivateIpAddress"]),
        ("tag:role", "web\\*1"),
        ("tag-key", "role"),
        ("tenancy", "dedicated"),
        ("block-device-mapping.volume-id", shown["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]),
    ):
        assert _found(ground, name, value) == [made], name
    for name, value in (
        ("root-device-name", "/dev/xvda"),
        ("root-device-type", "ebs"),
        ("platform-details", "Linux/UNIX"),
        ("hypervisor", "xen"),
        ("instance-state-code", "16"),
        ("block-device-mapping.delete-on-termination", "true"),
    ):
        assert _found(ground, name, value) == [made, other], name
    assert _found(ground, "instance-lifecycle", "spot") == []


def test_a_reservation_is_found_by_its_id(ground: Ground) -> None:
    pair = ground.launch(2)
    ground.launch()
    reservations = ground.ec2.describe_instances()["Reservations"]
    assert sorted(_found(ground, "reservation-id", reservations[0]["ReservationId"])) == sorted(pair)


def test_an_unknown_filter_is_refused(ground: Ground) -> None:
    with refused("InvalidParameterValue") as caught:
        _found(ground, "colour", "red")
    assert "The filter 'colour' is invalid" in str(caught.value)
    with refused("FilterLimitExceeded"):
        ground.ec2.describe_instances(
            Filters=[{"Name": "instance-id", "Values": [f"i-{n:017x}" for n in range(201)]}]
        )


def test_pages_count_instances(ground: Ground) -> None:
    ids = ground.launch(7) + ground.launch(5)
    first = ground.ec2.describe_instances(MaxResults=9)
    assert [len(one["Instances"]) for one in first["Reservations"]] == [7, 2]
    second = ground.ec2.describe_instances(MaxResults=9, NextToken=first["NextToken"])
    assert [len(one["Instances"]) for one in second["Reservations"]] == [3]
    assert "NextToken" not in second
    pages = ground.ec2.get_paginator("describe_instances").paginate(PaginationConfig={"PageSize": 5})
    assert [
        one["InstanceId"] for page in pages for r in page["Reservations"] for one in r["Instances"]
    ] == ids


def test_bad_pages(ground: Ground) -> None:
    (made,) = ground.launch()
    for most in (4, 1001):
        with refused("InvalidParameterValue"):
            ground.ec2.describe_instances(MaxResults=most)
    with refused("InvalidParameterCombination"):
        ground.ec2.describe_instances(InstanceIds=[made], MaxResults=10)
    for token in ("nonsense", "r-0123456789abcdef0"):
        with refused("InvalidNextToken"):
            ground.ec2.describe_instances(NextToken=token)


def test_one_unknown_id_fails_the_whole_and_all_unknown_ones_are_named(ground: Ground) -> None:
    (made,) = ground.launch()
    with refused("InvalidInstanceID.NotFound") as caught:
        ground.ec2.describe_instances(InstanceIds=[made, "i-0123456789abcdef0", "i-0123456789abcdef1"])
    assert "i-0123456789abcdef0, i-0123456789abcdef1" in str(caught.value)
    assert made not in str(caught.value)
    with refused("InvalidInstanceID.Malformed"):
        ground.ec2.describe_instances(InstanceIds=["i-web"])
    assert _found(ground, "instance-id", "i-0123456789abcdef0") == []


@pytest.mark.parametrize("named", [False, True])
def test_while_a_zone_is_down_only_ids_of_other_zones_can_be_described(ground: Ground, named: bool) -> None:
    (struck,) = ground.running(Placement={"AvailabilityZone": "eu-west-1a"})
    (well,) = ground.running(Placement={"AvailabilityZone": "eu-west-1b"})
    conditions = ground.sandbox.app.world.conditions
    conditions.zones_down.add("eu-west-1a")
    with refused("InternalError", 500):
        ground.ec2.describe_instances(**({"InstanceIds": [struck, well]} if named else {}))
    assert ground.state(well) == "running"
    conditions.zones_down.clear()
    assert ground.state(struck) == "running"


def _found(ground: Ground, name: str, value: str) -> list[str]:
    answer = ground.ec2.describe_instances(Filters=[{"Name": name, "Values": [value]}])
    return [one["InstanceId"] for page in answer["Reservations"] for one in page["Instances"]]
