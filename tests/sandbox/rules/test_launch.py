"""RunInstances."""

import base64

from ec2kit.sandbox.rules import capacity
from tests.sandbox.rules.ground import Ground, refused, register


def test_max_count_is_launched(ground: Ground) -> None:
    answer = ground.ec2.run_instances(
        ImageId=ground.image_id, InstanceType="t3.micro", MinCount=1, MaxCount=5
    )
    assert len(answer["Instances"]) == 5
    assert [one["AmiLaunchIndex"] for one in answer["Instances"]] == [0, 1, 2, 3, 4]
    assert len({one["PrivateIpAddress"] for one in answer["Instances"]}) == 5
    assert {one["State"]["Name"] for one in answer["Instances"]} == {"pending"}


def test_launches_between_min_and_max_when_the_subnet_is_full_and_nothing_below_min(ground: Ground) -> None:
    ec2 = ground.ec2
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/24")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.0.0/28", AvailabilityZone="eu-west-1b")["Subnet"][
        "SubnetId"
    ]
    wanted = {"ImageId": ground.image_id, "InstanceType": "t3.micro", "SubnetId": subnet}
    first = ec2.run_instances(MinCount=3, MaxCount=20, **wanted)["Instances"]
    assert len(first) == 11  # 16 addresses but the 5 that AWS reserves
    assert all(one["PrivateIpAddress"].startswith("10.9.0.") for one in first)
    with refused("InsufficientFreeAddressesInSubnet"):
        ec2.run_instances(MinCount=1, MaxCount=1, **wanted)
    assert len(ground.found(subnet_id=subnet)) == 11


def test_a_client_token_launches_once(ground: Ground) -> None:
    wanted = {"ImageId": ground.image_id, "InstanceType": "t3.micro", "MinCount": 2, "MaxCount": 2}
    first = ground.ec2.run_instances(ClientToken="one", **wanted)
    again = ground.ec2.run_instances(ClientToken="one", **wanted)
    assert again["ReservationId"] == first["ReservationId"]
    assert [one["InstanceId"] for one in again["Instances"]] == [
        one["InstanceId"] for one in first["Instances"]
    ]
    assert len(ground.found(client_token="one")) == 2
    with refused("IdempotentParameterMismatch"):
        ground.ec2.run_instances(ClientToken="one", **{**wanted, "InstanceType": "t3.small"})


def test_a_token_of_a_terminated_instance_launches_nothing(ground: Ground) -> None:
    wanted = {"ImageId": ground.image_id, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1}
    first = ground.ec2.run_instances(ClientToken="one", **wanted)["Instances"][0]["InstanceId"]
    ground.ec2.terminate_instances(InstanceIds=[first])
    ground.sandbox.tick(60)
    again = ground.ec2.run_instances(ClientToken="one", **wanted)["Instances"]
    assert [one["InstanceId"] for one in again] == [first]
    assert ground.state(first) == "terminated"
    ground.sandbox.tick(3600)
    with refused("IdempotentInstanceTerminated"):
        ground.ec2.run_instances(ClientToken="one", **wanted)


def test_a_dry_run_launches_nothing(ground: Ground) -> None:
    with refused("DryRunOperation", 412):
        ground.launch(DryRun=True)
    assert ground.found() == []


def test_unknown_things_are_named_with_their_codes(ground: Ground) -> None:
    for code, wanted in (
        ("InvalidAMIID.NotFound", {"ImageId": "ami-0123456789abcdef0"}),
        ("InvalidAMIID.Malformed", {"ImageId": "debian"}),
        ("InvalidParameterValue", {"InstanceType": "t9.huge"}),
        ("InvalidKeyPair.NotFound", {"KeyName": "nobody"}),
        ("InvalidSubnetID.NotFound", {"SubnetId": "subnet-0123456789abcdef0"}),
        ("InvalidParameterValue", {"Placement": {"AvailabilityZone": "eu-west-9z"}}),
        ("InvalidGroup.NotFound", {"SecurityGroupIds": ["sg-0123456789abcdef0"]}),
        ("InvalidParameterValue", {"IamInstanceProfile": {"Name": "nobody"}}),
        (
            "InvalidSnapshot.NotFound",
            {"BlockDeviceMappings": [_disk("/dev/sdf", SnapshotId="snap-0123456789abcdef0")]},
        ),
    ):
        with refused(code):
            ground.launch(**wanted)
    assert ground.found() == []


def test_a_deregistered_image_is_unavailable(ground: Ground) -> None:
    ground.ec2.deregister_image(ImageId=ground.image_id)
    with refused("InvalidAMIID.Unavailable"):
        ground.launch()


def test_the_type_must_run_the_image(ground: Ground) -> None:
    with refused("InvalidParameterValue") as caught:
        ground.launch(InstanceType="t4g.micro")
    assert "arm64" in str(caught.value)
    assert "x86_64" in str(caught.value)
    arm = register(ground.ec2, ground.snapshot_id, "arm", "arm64")
    (made,) = ground.launch(ImageId=arm, InstanceType="t4g.micro")
    assert ground.one(made)["Architecture"] == "arm64"


def test_user_data_is_kept_up_to_its_limit(ground: Ground) -> None:
    (made,) = ground.launch(UserData="x" * 16384)
    shown = ground.ec2.describe_instance_attribute(InstanceId=made, Attribute="userData")["UserData"]["Value"]
    assert base64.b64decode(shown) == b"x" * 16384
    with refused("InvalidParameterValue"):
        ground.launch(UserData="x" * 16385)


def test_no_capacity_in_a_zone_sends_the_launch_elsewhere_unless_it_names_the_zone(ground: Ground) -> None:
    ground.sandbox.app.world.conditions.no_capacity[("eu-west-1a", None)] = None
    with refused("InsufficientInstanceCapacity", 500):
        ground.launch(Placement={"AvailabilityZone": "eu-west-1a"})
    (made,) = ground.launch()
    assert ground.one(made)["Placement"]["AvailabilityZone"] == "eu-west-1b"


def test_no_capacity_for_a_type(ground: Ground) -> None:
    ground.sandbox.app.world.conditions.no_capacity[(None, "t3.micro")] = 1
    with refused("InsufficientInstanceCapacity", 500):
        ground.launch()
    assert len(ground.launch()) == 1  # the count was used up


def test_capacity_that_runs_out_after_the_answer(ground: Ground) -> None:
    capacity.refuse_later(("eu-west-1a", None))
    (made,) = ground.launch(Placement={"AvailabilityZone": "eu-west-1a"})
    assert ground.state(made) == "pending"
    ground.sandbox.tick(15)
    shown = ground.one(made)
    assert shown["State"]["Name"] == "terminated"
    assert shown["StateReason"]["Code"] == "Server.InsufficientInstanceCapacity"
    assert len(ground.running(Placement={"AvailabilityZone": "eu-west-1a"})) == 1


def test_everything_asked_for_is_on_every_instance(ground: Ground) -> None:
    iam = ground.sandbox.client("iam")
    profile = iam.create_instance_profile(InstanceProfileName="web")["InstanceProfile"]
    ids = ground.launch(
        2,
        InstanceType="t3.large",
        IamInstanceProfile={"Name": "web"},
        DisableApiTermination=True,
        DisableApiStop=True,
        Monitoring={"Enabled": True},
        EbsOptimized=True,
        InstanceInitiatedShutdownBehavior="terminate",
        CreditSpecification={"CpuCredits": "standard"},
        CpuOptions={"CoreCount": 1, "ThreadsPerCore": 1},
        Placement={"Tenancy": "dedicated", "GroupName": "spread"},
        MaintenanceOptions={"AutoRecovery": "disabled"},
        PrivateDnsNameOptions={"HostnameType": "resource-name"},
        MetadataOptions={
            "HttpTokens": "required",
            "HttpPutResponseHopLimit": 2,
            "InstanceMetadataTags": "enabled",
        },
    )
    for made in ids:
        shown = ground.one(made)
        assert shown["IamInstanceProfile"] == {"Arn": profile["Arn"], "Id": profile["InstanceProfileId"]}
        assert shown["Monitoring"]["State"] == "enabled"
        assert shown["EbsOptimized"] is True
        assert shown["CpuOptions"] == {"CoreCount": 1, "ThreadsPerCore": 1}
        assert shown["Placement"]["Tenancy"] == "dedicated"
        assert shown["Placement"]["GroupName"] == "spread"
        assert shown["MaintenanceOptions"]["AutoRecovery"] == "disabled"
        assert shown["PrivateDnsNameOptions"]["HostnameType"] == "resource-name"
        options = shown["MetadataOptions"]
        assert (options["HttpTokens"], options["HttpPutResponseHopLimit"]) == ("required", 2)
        assert (options["HttpEndpoint"], options["InstanceMetadataTags"]) == ("enabled", "enabled")
        for attribute, value in (("disableApiTermination", True), ("disableApiStop", True)):
            name = attribute[0].upper() + attribute[1:]
            assert (
                ground.ec2.describe_instance_attribute(InstanceId=made, Attribute=attribute)[name]["Value"]
                is value
            )
    credits = ground.ec2.describe_instance_credit_specifications(InstanceIds=ids)[
        "InstanceCreditSpecifications"
    ]
    assert {one["CpuCredits"] for one in credits} == {"standard"}


def test_tags_of_instance_volume_and_interface(ground: Ground) -> None:
    kinds = ("instance", "volume", "network-interface")
    (made,) = ground.launch(
        TagSpecifications=[{"ResourceType": kind, "Tags": [{"Key": "of", "Value": kind}]} for kind in kinds]
    )
    shown = ground.one(made)
    volume = shown["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    interface = shown["NetworkInterfaces"][0]["NetworkInterfaceId"]
    tags = ground.ec2.describe_tags()["Tags"]
    assert {(one["ResourceId"], one["Value"]) for one in tags if one["Key"] == "of"} == {
        (made, "instance"),
        (volume, "volume"),
        (interface, "network-interface"),
    }
    with refused("InvalidParameterValue"):
        ground.launch(TagSpecifications=[{"ResourceType": "image", "Tags": [{"Key": "a", "Value": "b"}]}])


def test_the_root_volume_comes_from_the_image_and_changes_meet_it_by_name(ground: Ground) -> None:
    (made,) = ground.launch(
        BlockDeviceMappings=[
            _disk("/dev/xvda", VolumeSize=20),
            _disk("/dev/sdf", VolumeSize=5, VolumeType="io2", Iops=1000, Encrypted=True),
            _disk(
                "/dev/sdg",
                VolumeSize=6,
                VolumeType="gp3",
                Iops=4000,
                Throughput=250,
                DeleteOnTermination=True,
            ),
        ]
    )
    shown = ground.one(made)
    assert shown["RootDeviceName"] == "/dev/xvda"
    on_termination = {
        one["DeviceName"]: one["Ebs"]["DeleteOnTermination"] for one in shown["BlockDeviceMappings"]
    }
    assert on_termination == {"/dev/xvda": True, "/dev/sdf": False, "/dev/sdg": True}
    volumes = {
        one["Attachments"][0]["Device"]: one
        for one in ground.ec2.describe_volumes(
            Filters=[{"Name": "attachment.instance-id", "Values": [made]}]
        )["Volumes"]
    }
    assert (volumes["/dev/xvda"]["SnapshotId"], volumes["/dev/xvda"]["Size"]) == (ground.snapshot_id, 20)
    assert (volumes["/dev/sdf"]["Iops"], volumes["/dev/sdf"]["Encrypted"]) == (1000, True)
    assert (volumes["/dev/sdg"]["Iops"], volumes["/dev/sdg"]["Throughput"]) == (4000, 250)


def test_no_disk_is_smaller_than_its_snapshot(ground: Ground) -> None:
    with refused("InvalidBlockDeviceMapping"):
        ground.launch(BlockDeviceMappings=[_disk("/dev/xvda", VolumeSize=4)])


def test_no_device_leaves_a_disk_out(ground: Ground) -> None:
    ec2 = ground.ec2
    two = ec2.register_image(
        Name="two",
        Architecture="x86_64",
        RootDeviceName="/dev/xvda",
        VirtualizationType="hvm",
        EnaSupport=True,
        BlockDeviceMappings=[
            _disk("/dev/xvda", SnapshotId=ground.snapshot_id),
            _disk("/dev/sdf", VolumeSize=3),
        ],
    )["ImageId"]
    (whole,) = ground.launch(ImageId=two)
    (less,) = ground.launch(ImageId=two, BlockDeviceMappings=[{"DeviceName": "/dev/sdf", "NoDevice": ""}])
    assert [one["DeviceName"] for one in ground.one(whole)["BlockDeviceMappings"]] == [
        "/dev/xvda",
        "/dev/sdf",
    ]
    assert [one["DeviceName"] for one in ground.one(less)["BlockDeviceMappings"]] == ["/dev/xvda"]


def test_an_image_that_wants_tokens_gets_them(ground: Ground) -> None:
    strict = register(ground.ec2, ground.snapshot_id, "strict", ImdsSupport="v2.0")
    (made,) = ground.launch(ImageId=strict)
    options = ground.one(made)["MetadataOptions"]
    assert (options["HttpTokens"], options["HttpPutResponseHopLimit"]) == ("required", 2)
    (loose,) = ground.launch(ImageId=strict, MetadataOptions={"HttpTokens": "optional"})
    assert ground.one(loose)["MetadataOptions"]["HttpTokens"] == "optional"


def _disk(device: str, **ebs: object) -> dict[str, object]:
    return {"DeviceName": device, "Ebs": ebs}
