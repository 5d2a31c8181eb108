"""Changing an instance: attributes and options."""

import base64
from typing import Any

from tests.sandbox.rules.ground import Ground, refused


def _value(ground: Ground, instance: str, attribute: str) -> Any:
    answer = ground.ec2.describe_instance_attribute(InstanceId=instance, Attribute=attribute)
    return answer[attribute[0].upper() + attribute[1:]].get("Value")


def _stopped(ground: Ground, **wanted: Any) -> str:
    (made,) = ground.running(**wanted)
    ground.ec2.stop_instances(InstanceIds=[made])
    ground.sandbox.tick(30)
    return made


def test_user_data_as_boto3_sends_it(ground: Ground) -> None:
    made = _stopped(ground, UserData="first")
    assert base64.b64decode(_value(ground, made, "userData")) == b"first"
    ground.ec2.modify_instance_attribute(InstanceId=made, UserData={"Value": b"\x1f\x8bsecond"})
    assert base64.b64decode(_value(ground, made, "userData")) == b"\x1f\x8bsecond"
    third = base64.b64encode(b"third" * 3000).decode()
    ground.ec2.modify_instance_attribute(InstanceId=made, Attribute="userData", Value=third)
    assert _value(ground, made, "userData") == third
    with refused("InvalidParameterValue"):
        ground.ec2.modify_instance_attribute(InstanceId=made, UserData={"Value": b"x" * 16385})


def test_the_type_changes_only_while_stopped_and_to_one_that_fits(ground: Ground) -> None:
    (made,) = ground.running()
    with refused("IncorrectInstanceState"):
        ground.ec2.modify_instance_attribute(InstanceId=made, InstanceType={"Value": "m5.large"})
    ground.ec2.stop_instances(InstanceIds=[made])
    ground.sandbox.tick(30)
    ground.ec2.modify_instance_attribute(InstanceId=made, InstanceType={"Value": "m5.large"})
    shown = ground.one(made)
    assert shown["InstanceType"] == "m5.large"
    assert ground.ec2.describe_instance_credit_specifications()["InstanceCreditSpecifications"] == []
    with refused("InvalidParameterCombination"):
        ground.ec2.modify_instance_attribute(InstanceId=made, InstanceType={"Value": "m6g.large"})
    with refused("InvalidParameterValue"):
        ground.ec2.modify_instance_attribute(InstanceId=made, InstanceType={"Value": "m5.tiny"})
    assert ground.one(made)["InstanceType"] == "m5.large"


def test_switches(ground: Ground) -> None:
    (made,) = ground.running()
    for name, value in (
        ("DisableApiTermination", True),
        ("DisableApiStop", True),
        ("SourceDestCheck", False),
    ):
        ground.ec2.modify_instance_attribute(InstanceId=made, **{name: {"Value": value}})
        assert _value(ground, made, name[0].lower() + name[1:]) is value
    assert ground.one(made)["NetworkInterfaces"][0]["SourceDestCheck"] is False
    ground.ec2.modify_instance_attribute(
        InstanceId=made, InstanceInitiatedShutdownBehavior={"Value": "terminate"}
    )
    assert _value(ground, made, "instanceInitiatedShutdownBehavior") == "terminate"
    ground.ec2.modify_instance_attribute(InstanceId=made, Attribute="disableApiStop", Value="false")
    assert _value(ground, made, "disableApiStop") is False
    with refused("InvalidParameterValue"):
        ground.ec2.modify_instance_attribute(
            InstanceId=made, InstanceInitiatedShutdownBehavior={"Value": "sleep"}
        )
    with refused("IncorrectInstanceState"):
        ground.ec2.modify_instance_attribute(InstanceId=made, EnaSupport={"Value": False})


def test_switches_of_a_stopped_machine(ground: Ground) -> None:
    made = _stopped(ground)
    for name, value in (("EnaSupport", False), ("EbsOptimized", True)):
        ground.ec2.modify_instance_attribute(InstanceId=made, **{name: {"Value": value}})
        assert _value(ground, made, name[0].lower() + name[1:]) is value


def test_delete_on_termination_is_changed_by_device(ground: Ground) -> None:
    (made,) = ground.running()
    change = [{"DeviceName": "/dev/xvda", "Ebs": {"DeleteOnTermination": False}}]
    ground.ec2.modify_instance_attribute(InstanceId=made, BlockDeviceMappings=change)
    shown = ground.ec2.describe_instance_attribute(InstanceId=made, Attribute="blockDeviceMapping")
    assert [one["Ebs"]["DeleteOnTermination"] for one in shown["BlockDeviceMappings"]] == [False]
    with refused("InvalidInstanceAttributeValue"):
        ground.ec2.modify_instance_attribute(
            InstanceId=made,
            BlockDeviceMappings=[{"DeviceName": "/dev/sdz", "Ebs": {"DeleteOnTermination": True}}],
        )


def test_metadata_options_that_are_not_named_stay(ground: Ground) -> None:
    (made,) = ground.running(MetadataOptions={"HttpEndpoint": "disabled", "InstanceMetadataTags": "enabled"})
    answer = ground.ec2.modify_instance_metadata_options(InstanceId=made, HttpTokens="required")
    for options in (answer["InstanceMetadataOptions"], ground.one(made)["MetadataOptions"]):
        assert (options["HttpEndpoint"], options["InstanceMetadataTags"]) == ("disabled", "enabled")
        assert (options["HttpTokens"], options["HttpPutResponseHopLimit"]) == ("required", 1)
    with refused("InvalidParameterValue"):
        ground.ec2.modify_instance_metadata_options(InstanceId=made, HttpPutResponseHopLimit=65)


def test_monitoring(ground: Ground) -> None:
    (made,) = ground.running()
    assert ground.one(made)["Monitoring"]["State"] == "disabled"
    (answer,) = ground.ec2.monitor_instances(InstanceIds=[made])["InstanceMonitorings"]
    assert (answer["InstanceId"], answer["Monitoring"]["State"]) == (made, "pending")
    assert ground.one(made)["Monitoring"]["State"] == "enabled"
    (answer,) = ground.ec2.unmonitor_instances(InstanceIds=[made])["InstanceMonitorings"]
    assert answer["Monitoring"]["State"] == "disabling"
    assert ground.one(made)["Monitoring"]["State"] == "disabled"


def test_maintenance_names_placement_and_credits(ground: Ground) -> None:
    ec2 = ground.ec2
    made = _stopped(ground)
    assert (
        ec2.modify_instance_maintenance_options(InstanceId=made, AutoRecovery="disabled")["AutoRecovery"]
        == "disabled"
    )
    ec2.modify_private_dns_name_options(InstanceId=made, PrivateDnsHostnameType="resource-name")
    ec2.modify_instance_placement(InstanceId=made, Tenancy="dedicated", GroupName="spread")
    shown = ground.one(made)
    assert shown["MaintenanceOptions"]["AutoRecovery"] == "disabled"
    assert shown["PrivateDnsNameOptions"]["HostnameType"] == "resource-name"
    assert (shown["Placement"]["Tenancy"], shown["Placement"]["GroupName"]) == ("dedicated", "spread")
    (plain,) = ground.running(InstanceType="m5.large")
    answer = ec2.modify_instance_credit_specification(
        InstanceCreditSpecifications=[
            {"InstanceId": made, "CpuCredits": "standard"},
            {"InstanceId": plain, "CpuCredits": "standard"},
        ]
    )
    assert [one["InstanceId"] for one in answer["SuccessfulInstanceCreditSpecifications"]] == [made]
    assert [one["InstanceId"] for one in answer["UnsuccessfulInstanceCreditSpecifications"]] == [plain]
    with refused("IncorrectInstanceState"):
        ec2.modify_instance_placement(InstanceId=plain, Tenancy="dedicated")


def test_the_profile_can_be_replaced(ground: Ground) -> None:
    iam, ec2 = ground.sandbox.client("iam"), ground.ec2
    web, mail = (
        iam.create_instance_profile(InstanceProfileName=name)["InstanceProfile"] for name in ("web", "mail")
    )
    (made,) = ground.running(IamInstanceProfile={"Arn": web["Arn"]})
    (association,) = ec2.describe_iam_instance_profile_associations()["IamInstanceProfileAssociations"]
    ec2.replace_iam_instance_profile_association(
        AssociationId=association["AssociationId"], IamInstanceProfile={"Name": "mail"}
    )
    assert ground.one(made)["IamInstanceProfile"] == {"Arn": mail["Arn"], "Id": mail["InstanceProfileId"]}


def test_each_machine_prints_its_own_console(ground: Ground) -> None:
    one, two = ground.launch(2)
    assert ground.ec2.get_console_output(InstanceId=one)["Output"] == ""
    ground.sandbox.tick(15)
    printed = {made: ground.ec2.get_console_output(InstanceId=made)["Output"] for made in (one, two)}
    for made, text in printed.items():
        assert ground.one(made)["PrivateDnsName"].split(".")[0] in text
    assert printed[one] != printed[two]


def test_types_and_offerings_come_in_pages(ground: Ground) -> None:
    types = ground.ec2.describe_instance_types(MaxResults=5)
    assert len(types["InstanceTypes"]) == 5
    again = ground.ec2.describe_instance_types(MaxResults=5, NextToken=types["NextToken"])
    assert not {one["InstanceType"] for one in types["InstanceTypes"]} & {
        one["InstanceType"] for one in again["InstanceTypes"]
    }
    offered = ground.ec2.describe_instance_type_offerings(LocationType="availability-zone", MaxResults=10)
    assert len(offered["InstanceTypeOfferings"]) == 10
    assert offered["NextToken"]
