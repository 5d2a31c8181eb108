"""Instances live: states take their time, and not every state allows everything."""

from ec2kit.sandbox.delays import Delays
from ec2kit.sandbox.rules import lifecycle
from tests.sandbox.rules.ground import Ground, prepare, refused


def test_an_instance_boots(ground: Ground) -> None:
    (made,) = ground.launch()
    asked = ground.sandbox.now
    assert ground.state(made) == "pending"
    ground.sandbox.tick(14)
    assert ground.state(made) == "pending"
    ground.sandbox.tick(1)
    shown = ground.one(made)
    assert shown["State"] == {"Code": 16, "Name": "running"}
    assert shown["LaunchTime"] == asked.replace(microsecond=0)
    assert shown.get("StateTransitionReason", "") == ""
    assert "StateReason" not in shown


def test_stop_and_start(ground: Ground) -> None:
    (made,) = ground.running()
    first = ground.one(made)
    (change,) = ground.ec2.stop_instances(InstanceIds=[made])["StoppingInstances"]
    assert (change["PreviousState"]["Name"], change["CurrentState"]["Name"]) == ("running", "stopping")
    asked = ground.sandbox.now
    ground.sandbox.tick(29)
    assert ground.state(made) == "stopping"
    ground.sandbox.tick(1)
    stopped = ground.one(made)
    assert stopped["State"] == {"Code": 80, "Name": "stopped"}
    assert stopped["StateReason"] == {
        "Code": "Client.UserInitiatedShutdown",
        "Message": "Client.UserInitiatedShutdown: User initiated shutdown",
    }
    assert stopped["StateTransitionReason"] == f"User initiated ({asked:%Y-%m-%d %H:%M:%S} GMT)"
    assert "PublicIpAddress" not in stopped
    assert stopped["PrivateIpAddress"] == first["PrivateIpAddress"]
    (change,) = ground.ec2.start_instances(InstanceIds=[made])["StartingInstances"]
    assert (change["PreviousState"]["Name"], change["CurrentState"]["Name"]) == ("stopped", "pending")
    ground.sandbox.tick(15)
    again = ground.one(made)
    assert again["State"]["Name"] == "running"
    assert again["PrivateIpAddress"] == first["PrivateIpAddress"]
    assert again["PublicIpAddress"] != first["PublicIpAddress"]
    assert again["LaunchTime"] > first["LaunchTime"]


def test_asking_for_the_state_that_is_changes_nothing(ground: Ground) -> None:
    (made,) = ground.running()
    (change,) = ground.ec2.start_instances(InstanceIds=[made])["StartingInstances"]
    assert change["PreviousState"]["Name"] == change["CurrentState"]["Name"] == "running"
    ground.ec2.stop_instances(InstanceIds=[made])
    ground.sandbox.tick(30)
    (change,) = ground.ec2.stop_instances(InstanceIds=[made])["StoppingInstances"]
    assert change["PreviousState"]["Name"] == change["CurrentState"]["Name"] == "stopped"


def test_a_terminated_instance_stays_terminated_and_then_vanishes(ground: Ground) -> None:
    (made, other) = ground.running(2, TagSpecifications=[_named("web-1")])
    ground.ec2.terminate_instances(InstanceIds=[made])
    assert ground.state(made) == "shutting-down"
    ground.sandbox.tick(30)
    shown = ground.one(made)
    assert shown["State"]["Name"] == "terminated"
    assert {"Key": "Name", "Value": "web-1"} in shown["Tags"]
    assert shown["BlockDeviceMappings"] == []
    assert shown["NetworkInterfaces"] == []
    for gone in ("PrivateIpAddress", "PublicIpAddress", "SubnetId", "VpcId"):
        assert gone not in shown
    for call in (ground.ec2.start_instances, ground.ec2.stop_instances, ground.ec2.reboot_instances):
        with refused("IncorrectInstanceState"):
            call(InstanceIds=[made])
    (change,) = ground.ec2.terminate_instances(InstanceIds=[made])["TerminatingInstances"]
    assert change["CurrentState"]["Name"] == "terminated"
    ground.sandbox.tick(3600)
    with refused("InvalidInstanceID.NotFound"):
        ground.state(made)
    assert ground.found() == [other]
    assert {one["ResourceId"] for one in ground.ec2.describe_tags()["Tags"]} == {other}


def test_what_terminating_takes_along(ground: Ground) -> None:
    ec2 = ground.ec2
    (made,) = ground.running(BlockDeviceMappings=[{"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 3}}])
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    ec2.associate_address(InstanceId=made, AllocationId=address)
    disks = {one["DeviceName"]: one["Ebs"]["VolumeId"] for one in ground.one(made)["BlockDeviceMappings"]}
    ec2.terminate_instances(InstanceIds=[made])
    ground.sandbox.tick(30)
    (left,) = ec2.describe_volumes()["Volumes"]
    assert (left["VolumeId"], left["State"], left["Attachments"]) == (disks["/dev/sdf"], "available", [])
    assert ec2.describe_network_interfaces()["NetworkInterfaces"] == []
    (kept,) = ec2.describe_addresses()["Addresses"]
    assert "AssociationId" not in kept
    assert not kept.get("InstanceId")


def test_one_bad_id_and_none_is_terminated(ground: Ground) -> None:
    ids = ground.running(2)
    with refused("InvalidInstanceID.NotFound"):
        ground.ec2.terminate_instances(InstanceIds=[*ids, "i-0123456789abcdef0"])
    with refused("InvalidInstanceID.Malformed"):
        ground.ec2.terminate_instances(InstanceIds=[*ids, "web-1"])
    assert [ground.state(one) for one in ids] == ["running", "running"]


def test_protection_saves_its_zone_and_no_other(ground: Ground) -> None:
    (kept,) = ground.running(DisableApiTermination=True, Placement={"AvailabilityZone": "eu-west-1a"})
    (beside,) = ground.running(Placement={"AvailabilityZone": "eu-west-1a"})
    (elsewhere,) = ground.running(Placement={"AvailabilityZone": "eu-west-1b"})
    with refused("OperationNotPermitted"):
        ground.ec2.terminate_instances(InstanceIds=[kept, beside, elsewhere])
    assert [ground.state(one) for one in (kept, beside, elsewhere)] == ["running", "running", "shutting-down"]


def test_stop_protection(ground: Ground) -> None:
    (made,) = ground.running(DisableApiStop=True)
    with refused("OperationNotPermitted"):
        ground.ec2.stop_instances(InstanceIds=[made])
    assert ground.state(made) == "running"


def test_only_a_running_machine_reboots(ground: Ground) -> None:
    (made,) = ground.running()
    ground.ec2.reboot_instances(InstanceIds=[made])
    assert ground.state(made) == "running"
    ground.ec2.stop_instances(InstanceIds=[made])
    ground.sandbox.tick(30)
    with refused("IncorrectInstanceState"):
        ground.ec2.reboot_instances(InstanceIds=[made])
    assert ground.state(made) == "stopped"


def test_a_stuck_stop_stays_stopping_until_it_is_mended(ground: Ground) -> None:
    (made,) = ground.running()
    conditions = ground.sandbox.app.world.conditions
    conditions.stuck_stop.add(made)
    ground.ec2.stop_instances(InstanceIds=[made])
    ground.sandbox.tick(3600)
    ground.ec2.stop_instances(InstanceIds=[made], Force=True)
    ground.sandbox.tick(3600)
    assert ground.state(made) == "stopping"
    with refused("IncorrectInstanceState"):
        ground.ec2.start_instances(InstanceIds=[made])
    conditions.mend(made)
    assert ground.state(made) == "stopped"


def test_skipping_the_system_shutdown_cuts_at_once(ground: Ground) -> None:
    (made,) = ground.running()
    ground.ec2.stop_instances(InstanceIds=[made], SkipOsShutdown=True)
    assert ground.state(made) == "stopped"


def test_what_aws_does_itself_says_so(ground: Ground) -> None:
    one, two = ground.running(2)
    lifecycle.fail(one, "Server.ScheduledStop")
    lifecycle.fail(two, "Server.SpotInstanceTermination", terminated=True)
    assert (ground.state(one), ground.one(one)["StateReason"]["Code"]) == ("stopped", "Server.ScheduledStop")
    assert (ground.state(two), ground.one(two)["StateReason"]["Code"]) == (
        "terminated",
        "Server.SpotInstanceTermination",
    )
    ground.ec2.start_instances(InstanceIds=[one])
    ground.sandbox.tick(15)
    assert ground.state(one) == "running"
    assert "StateReason" not in ground.one(one)


def test_no_start_without_a_root_volume_or_capacity(ground: Ground) -> None:
    (made,) = ground.running()
    ground.ec2.stop_instances(InstanceIds=[made])
    ground.sandbox.tick(30)
    ground.sandbox.app.world.conditions.no_capacity[("eu-west-1a", None)] = 1
    with refused("InsufficientInstanceCapacity", 500):
        ground.ec2.start_instances(InstanceIds=[made])
    volume = ground.one(made)["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    ground.ec2.detach_volume(VolumeId=volume, InstanceId=made, Device="/dev/xvda")
    ground.sandbox.tick(60)
    with refused("InvalidParameterValue"):
        ground.ec2.start_instances(InstanceIds=[made])
    assert ground.state(made) == "stopped"


def test_without_delays_everything_is_there_at_the_next_call() -> None:
    ground = prepare(Delays.none())
    (made,) = ground.launch()
    assert ground.state(made) == "running"
    ground.ec2.stop_instances(InstanceIds=[made])
    assert ground.state(made) == "stopped"


def _named(name: str) -> dict[str, object]:
    return {"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": name}]}
