"""Launch templates."""

import base64
from typing import Any

from tests.sandbox.rules.ground import Ground, refused


def _data(ground: Ground, **changes: Any) -> dict[str, Any]:
    return {
        "ImageId": ground.image_id,
        "InstanceType": "t3.large",
        "UserData": base64.b64encode(b"hello").decode(),
        "Placement": {"AvailabilityZone": "eu-west-1b", "Tenancy": "dedicated"},
        "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 2},
        "Monitoring": {"Enabled": True},
        "BlockDeviceMappings": [
            {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 12}},
            {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 3, "VolumeType": "gp3"}},
        ],
        "TagSpecifications": [
            {
                "ResourceType": "instance",
                "Tags": [{"Key": "role", "Value": "web"}, {"Key": "stage", "Value": "live"}],
            },
            {"ResourceType": "volume", "Tags": [{"Key": "role", "Value": "web"}]},
        ],
        "DisableApiTermination": True,
        **changes,
    }


def _create(ground: Ground, name: str = "ec2kit-web", **changes: Any) -> str:
    answer = ground.ec2.create_launch_template(
        LaunchTemplateName=name, LaunchTemplateData=_data(ground, **changes)
    )
    return str(answer["LaunchTemplate"]["LaunchTemplateId"])


def test_a_launch_from_a_template_has_all_of_it(ground: Ground) -> None:
    iam = ground.sandbox.client("iam")
    profile = iam.create_instance_profile(InstanceProfileName="web")["InstanceProfile"]
    template = _create(ground, IamInstanceProfile={"Name": "web"})
    (one,) = ground.ec2.run_instances(LaunchTemplate={"LaunchTemplateId": template}, MinCount=1, MaxCount=1)[
        "Instances"
    ]
    shown = ground.one(one["InstanceId"])
    assert (shown["ImageId"], shown["InstanceType"]) == (ground.image_id, "t3.large")
    assert shown["Placement"]["AvailabilityZone"] == "eu-west-1b"
    assert shown["Placement"]["Tenancy"] == "dedicated"
    assert (shown["MetadataOptions"]["HttpTokens"], shown["Monitoring"]["State"]) == ("required", "enabled")
    assert shown["IamInstanceProfile"]["Arn"] == profile["Arn"]
    assert [block["DeviceName"] for block in shown["BlockDeviceMappings"]] == ["/dev/xvda", "/dev/sdf"]
    assert {tag["Key"]: tag["Value"] for tag in shown["Tags"]} == {
        "role": "web",
        "stage": "live",
        "aws:ec2launchtemplate:id": template,
        "aws:ec2launchtemplate:version": "1",
    }
    volumes = ground.ec2.describe_volumes(Filters=[{"Name": "tag:role", "Values": ["web"]}])["Volumes"]
    assert sorted(volume["Size"] for volume in volumes) == [3, 12]
    data = ground.ec2.describe_instance_attribute(InstanceId=one["InstanceId"], Attribute="userData")
    assert base64.b64decode(data["UserData"]["Value"]) == b"hello"


def test_the_request_wins_over_the_template_member_by_member(ground: Ground) -> None:
    _create(ground)
    (made,) = ground.launch(
        LaunchTemplate={"LaunchTemplateName": "ec2kit-web", "Version": "$Latest"},
        InstanceType="t3.small",
        MetadataOptions={"HttpTokens": "optional"},
        BlockDeviceMappings=[{"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 7}}],
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "role", "Value": "mail"}]}],
    )
    shown = ground.one(made)
    assert shown["InstanceType"] == "t3.small"
    options = shown["MetadataOptions"]
    assert (options["HttpTokens"], options["HttpPutResponseHopLimit"]) == ("optional", 2)
    tags = {tag["Key"]: tag["Value"] for tag in shown["Tags"]}
    assert (tags["role"], tags["stage"]) == ("mail", "live")
    disks = ground.ec2.describe_volumes(Filters=[{"Name": "attachment.instance-id", "Values": [made]}])[
        "Volumes"
    ]
    assert {one["Attachments"][0]["Device"]: (one["Size"], one["VolumeType"]) for one in disks} == {
        "/dev/xvda": (12, "gp3"),
        "/dev/sdf": (7, "gp3"),
    }


def test_versions_are_numbered_and_chosen(ground: Ground) -> None:
    ec2, template = ground.ec2, _create(ground)
    second = ec2.create_launch_template_version(
        LaunchTemplateId=template,
        SourceVersion="1",
        VersionDescription="small",
        LaunchTemplateData={"InstanceType": "t3.small"},
    )["LaunchTemplateVersion"]
    assert (second["VersionNumber"], second["DefaultVersion"]) == (2, False)
    assert second["LaunchTemplateData"]["ImageId"] == ground.image_id
    for version, expected in (
        ("$Default", "t3.large"),
        ("$Latest", "t3.small"),
        ("1", "t3.large"),
        ("2", "t3.small"),
    ):
        named = {"LaunchTemplateId": template, "Version": version}
        (one,) = ec2.run_instances(LaunchTemplate=named, MinCount=1, MaxCount=1)["Instances"]
        assert one["InstanceType"] == expected
    ec2.modify_launch_template(LaunchTemplateId=template, DefaultVersion="2")
    (shown,) = ec2.describe_launch_templates(LaunchTemplateNames=["ec2kit-web"])["LaunchTemplates"]
    assert (shown["DefaultVersionNumber"], shown["LatestVersionNumber"]) == (2, 2)
    with refused("InvalidLaunchTemplateId.VersionNotFound"):
        ground.launch(LaunchTemplate={"LaunchTemplateId": template, "Version": "9"})
    gone = ec2.delete_launch_template_versions(LaunchTemplateId=template, Versions=["1", "2"])
    assert [one["VersionNumber"] for one in gone["SuccessfullyDeletedLaunchTemplateVersions"]] == [1]
    assert [one["VersionNumber"] for one in gone["UnsuccessfullyDeletedLaunchTemplateVersions"]] == [2]
    third = ec2.create_launch_template_version(
        LaunchTemplateId=template, LaunchTemplateData={"InstanceType": "t3.nano"}
    )
    assert third["LaunchTemplateVersion"]["VersionNumber"] == 3


def test_a_client_token_makes_one_template_and_one_version(ground: Ground) -> None:
    ec2, wanted = ground.ec2, {"LaunchTemplateName": "ec2kit-web", "LaunchTemplateData": _data(ground)}
    first, again = (ec2.create_launch_template(ClientToken="t", **wanted)["LaunchTemplate"] for _ in range(2))
    assert first["LaunchTemplateId"] == again["LaunchTemplateId"]
    with refused("InvalidLaunchTemplateName.AlreadyExistsException"):
        ec2.create_launch_template(ClientToken="u", **wanted)
    named = {"LaunchTemplateId": first["LaunchTemplateId"], "LaunchTemplateData": {"InstanceType": "t3.nano"}}
    numbers = [
        ec2.create_launch_template_version(ClientToken=token, **named)["LaunchTemplateVersion"][
            "VersionNumber"
        ]
        for token in ("v", "v", "w")
    ]
    assert numbers == [2, 2, 3]
    with refused("IdempotentParameterMismatch"):
        ec2.create_launch_template_version(ClientToken="v", **{**named, "VersionDescription": "other"})


def test_versions_are_found(ground: Ground) -> None:
    ec2, template = ground.ec2, _create(ground)
    for size in ("nano", "micro", "small"):
        data = _data(ground, InstanceType=f"t3.{size}")
        ec2.create_launch_template_version(LaunchTemplateId=template, LaunchTemplateData=data)

    def numbers(**asked: Any) -> list[int]:
        found = ec2.describe_launch_template_versions(**asked)["LaunchTemplateVersions"]
        return [one["VersionNumber"] for one in found]

    assert numbers(LaunchTemplateId=template) == [4, 3, 2, 1]
    assert numbers(LaunchTemplateName="ec2kit-web", Versions=["2", "$Latest"]) == [2, 4]
    assert numbers(LaunchTemplateId=template, MinVersion="2", MaxVersion="3") == [3, 2]
    assert numbers(Versions=["$Default"]) == [1]
    by_type = [{"Name": "instance-type", "Values": ["t3.n*"]}]
    assert numbers(LaunchTemplateId=template, Filters=by_type) == [2]
    page = ec2.describe_launch_template_versions(LaunchTemplateId=template, MaxResults=3)
    rest = ec2.describe_launch_template_versions(
        LaunchTemplateId=template, MaxResults=3, NextToken=page["NextToken"]
    )
    assert (len(page["LaunchTemplateVersions"]), len(rest["LaunchTemplateVersions"])) == (3, 1)
    shown = page["LaunchTemplateVersions"][0]["LaunchTemplateData"]
    assert shown["Placement"]["Tenancy"] == "dedicated"
    assert base64.b64decode(shown["UserData"]) == b"hello"


def test_tags_and_deletion(ground: Ground) -> None:
    ec2 = ground.ec2
    template = ec2.create_launch_template(
        LaunchTemplateName="tagged",
        LaunchTemplateData=_data(ground),
        TagSpecifications=[
            {"ResourceType": "launch-template", "Tags": [{"Key": "made-by", "Value": "ec2kit"}]}
        ],
    )["LaunchTemplate"]["LaunchTemplateId"]
    _create(ground, "other")
    ec2.create_tags(Resources=[template], Tags=[{"Key": "later", "Value": "yes"}])
    found = ec2.describe_launch_templates(Filters=[{"Name": "tag:made-by", "Values": ["ec2kit"]}])[
        "LaunchTemplates"
    ]
    assert [one["LaunchTemplateName"] for one in found] == ["tagged"]
    assert {tag["Key"] for tag in found[0]["Tags"]} == {"made-by", "later"}
    (made,) = ground.launch(LaunchTemplate={"LaunchTemplateId": template})
    assert "made-by" not in {tag["Key"] for tag in ground.one(made)["Tags"]}
    ec2.delete_launch_template(LaunchTemplateName="tagged")
    with refused("InvalidLaunchTemplateId.NotFound"):
        ground.launch(LaunchTemplate={"LaunchTemplateId": template})
    with refused("InvalidLaunchTemplateName.NotFoundException"):
        ec2.describe_launch_templates(LaunchTemplateNames=["tagged"])
