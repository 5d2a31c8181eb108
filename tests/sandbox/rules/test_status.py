"""DescribeInstanceStatus."""

from datetime import timedelta
from typing import Any

from ec2kit.sandbox.rules import status
from tests.sandbox.rules.ground import Ground, refused

CHECKS = ("InstanceStatus", "SystemStatus", "AttachedEbsStatus")


def _statuses(ground: Ground, **asked: Any) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = ground.ec2.describe_instance_status(**asked)["InstanceStatuses"]
    return shown


def test_checks_initialize_and_then_pass(ground: Ground) -> None:
    (made,) = ground.launch()
    assert _statuses(ground) == []
    (pending,) = _statuses(ground, IncludeAllInstances=True)
    assert pending["SystemStatus"] == {"Status": "not-applicable"}
    assert pending["InstanceState"]["Name"] == "pending"
    ground.sandbox.tick(15)
    (young,) = _statuses(ground)
    assert [young[check]["Status"] for check in CHECKS] == ["initializing"] * 3
    ground.sandbox.tick(60)
    (well,) = _statuses(ground, InstanceIds=[made])
    assert [well[check]["Status"] for check in CHECKS] == ["ok"] * 3
    assert well["SystemStatus"]["Details"] == [{"Name": "reachability", "Status": "passed"}]


def test_each_check_fails_by_itself_and_says_since_when(ground: Ground) -> None:
    one, two, three = ground.running(3)
    ground.sandbox.tick(60)
    conditions, since = ground.sandbox.app.world.conditions, ground.sandbox.now
    conditions.impair(one, "system", since)
    conditions.impair(two, "instance", since)
    conditions.impair(three, "ebs", since)
    ground.sandbox.tick(300)
    shown = {entry["InstanceId"]: entry for entry in _statuses(ground)}
    for instance, failing in ((one, "SystemStatus"), (two, "InstanceStatus"), (three, "AttachedEbsStatus")):
        for check in CHECKS:
            assert shown[instance][check]["Status"] == ("impaired" if check == failing else "ok")
        (detail,) = shown[instance][failing]["Details"]
        assert (detail["Status"], detail["ImpairedSince"]) == ("failed", since.replace(microsecond=0))
    conditions.mend(one)
    assert {_statuses(ground, InstanceIds=[one])[0][check]["Status"] for check in CHECKS} == {"ok"}


def test_filters_and_pages(ground: Ground) -> None:
    ids = ground.running(6, Placement={"AvailabilityZone": "eu-west-1a"})
    (elsewhere,) = ground.running(Placement={"AvailabilityZone": "eu-west-1b"})
    ground.sandbox.tick(60)
    ground.sandbox.app.world.conditions.impair(ids[0], "system", ground.sandbox.now)
    for name, value, expected in (
        ("availability-zone", "eu-west-1b", [elsewhere]),
        ("system-status.status", "impaired", [ids[0]]),
        ("system-status.reachability", "failed", [ids[0]]),
        ("instance-status.status", "ok", [*ids, elsewhere]),
        ("instance-state-name", "stopped", []),
    ):
        found = _statuses(ground, Filters=[{"Name": name, "Values": [value]}])
        assert [one["InstanceId"] for one in found] == expected, name
    first = ground.ec2.describe_instance_status(MaxResults=5)
    rest = ground.ec2.describe_instance_status(MaxResults=5, NextToken=first["NextToken"])
    assert (len(first["InstanceStatuses"]), len(rest["InstanceStatuses"])) == (5, 2)
    with refused("InvalidParameterValue"):
        _statuses(ground, Filters=[{"Name": "health", "Values": ["ok"]}])
    with refused("InvalidParameterCombination"):
        _statuses(ground, InstanceIds=ids, MaxResults=5)


def test_scheduled_events(ground: Ground) -> None:
    (made, other) = ground.running(2)
    soon = ground.sandbox.now + timedelta(days=3)
    event = status.Event("instance-event-1", "instance-retirement", "the hardware is failing", soon)
    status.schedule_event(made, event)
    shown = {one["InstanceId"]: one.get("Events", []) for one in _statuses(ground)}
    assert shown[other] == []
    (announced,) = shown[made]
    assert (announced["Code"], announced["NotBefore"]) == ("instance-retirement", soon.replace(microsecond=0))
    by_code = _statuses(ground, Filters=[{"Name": "event.code", "Values": ["instance-retirement"]}])
    assert [one["InstanceId"] for one in by_code] == [made]
    status.cancel_events(made)
    assert all(not one.get("Events") for one in _statuses(ground))
