"""Fleet commands that change the sandbox: how they end, the second time too, and after a kill."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from ec2kit.sandbox.calls import Call
from tests.cli.screens import Shell, check_golden
from tests.sandbox.seeded import Seeded

LAUNCH = "launch web --image debian-12-amd64 --type t3.micro --group web"


class Killed(BaseException):
    """The process is gone."""


def living(sandbox: Seeded) -> dict[str, dict[str, Any]]:
    """The living instances by Name; a Name twice fails."""
    found = [
        instance
        for reservation in sandbox.ec2.describe_instances()["Reservations"]
        for instance in reservation["Instances"]
        if instance["State"]["Name"] != "terminated"
    ]
    names = [tags(instance)["Name"] for instance in found]
    assert max(Counter(names).values()) == 1
    return dict(zip(names, found, strict=True))


def tags(item: dict[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in item.get("Tags", [])}


def test_launch_names_spreads_tags_and_goes_on(shell: Shell, sandbox: Seeded) -> None:
    first = shell.run(
        f"{LAUNCH} -n 2 --tag role=web --hostname 'Web-{{n}}.example.com' --role web --volume 20"
    )
    second = shell.run(
        f"{LAUNCH} -n 2 --tag role=web --hostname 'Web-{{n}}.example.com' --role web --volume 20"
    )

    check_golden("fleet/launch", first)
    assert second.exit == 0
    made = {name: each for name, each in living(sandbox).items() if name > "web-4"}
    assert sorted(made) == ["web-5", "web-6", "web-7", "web-8"]
    zones = {name: each["Placement"]["AvailabilityZone"][-1] for name, each in made.items()}
    assert zones == {"web-5": "b", "web-6": "c", "web-7": "a", "web-8": "b"}
    assert tags(made["web-6"])["ec2kit:hostname"] == "web-6.example.com"
    assert {mapping["DeviceName"] for mapping in made["web-5"]["BlockDeviceMappings"]} == {
        "/dev/xvda",
        "/dev/sdf",
    }
    assert first.stdout.split("\t")[0] == made["web-5"]["InstanceId"]


def test_launch_with_an_address_for_each(shell: Shell, sandbox: Seeded) -> None:
    assert shell.run(f"{LAUNCH} -n 2 --eip").exit == 0

    held = {address.get("InstanceId"): address for address in sandbox.ec2.describe_addresses()["Addresses"]}
    for name in ("web-5", "web-6"):
        address = held[sandbox.id(name)]
        assert tags(address)["Name"] == name
        assert tags(address)["ec2kit:holder"] == sandbox.id(name)


def test_launch_takes_the_next_zone_and_then_the_next_type(shell: Shell, sandbox: Seeded) -> None:
    conditions = sandbox.app.world.conditions
    conditions.no_capacity[None, "t3.small"] = None
    conditions.no_capacity["eu-west-1a", None] = None

    screen = shell.run("launch db --image debian-12-amd64 --type t3.small,t3.micro")

    assert screen.exit == 0
    made = sandbox.instance("db")
    assert (made["InstanceType"], made["Placement"]["AvailabilityZone"]) == ("t3.micro", "eu-west-1b")


def test_no_capacity_anywhere_is_its_own_exit_code(shell: Shell, sandbox: Seeded) -> None:
    sandbox.app.world.conditions.no_capacity[None, None] = None

    check_golden("fleet/launch_no_capacity", shell.run(LAUNCH))


def test_launch_that_was_partly_done_launches_only_what_is_missing(shell: Shell, sandbox: Seeded) -> None:
    sandbox.app.world.conditions.no_capacity["eu-west-1b", None] = 1
    line = "launch 'db-{n}' -n 2 --like web-2 --zone eu-west-1b"

    some = shell.run(line)
    made = [name for name in living(sandbox) if name.startswith("db-")]
    again = shell.run(line)

    assert (some.exit, len(made)) == (3, 1)
    assert again.exit == 0
    assert "resuming run" in again.stderr
    assert {"db-1", "db-2"} == {name for name in living(sandbox) if name.startswith("db-")}


def test_user_data_arrives_and_is_in_no_file_of_ours(shell: Shell, sandbox: Seeded) -> None:
    (shell.home / "boot.sh").write_text("#!/bin/sh\necho my-password\n")

    assert shell.run(f"{LAUNCH} -n 2 --user-data boot.sh").exit == 0
    assert shell.run(f"{LAUNCH} --user-data boot.sh").exit == 0

    for name in ("web-5", "web-6", "web"):
        found = sandbox.ec2.describe_instance_attribute(InstanceId=sandbox.id(name), Attribute="userData")
        assert found["UserData"]["Value"] == "IyEvYmluL3NoCmVjaG8gbXktcGFzc3dvcmQK"
    assert (
        len(
            sandbox.ec2.describe_launch_template_versions(LaunchTemplateName="ec2kit-launch-web")[
                "LaunchTemplateVersions"
            ]
        )
        == 1
    )
    kept = [path for path in (shell.home / "state").rglob("*") if path.is_file()]
    assert kept
    assert not any(b"my-password" in path.read_bytes() for path in kept)


def test_like_is_as_the_other_one(shell: Shell, sandbox: Seeded) -> None:
    assert shell.run("launch db --like web-1").exit == 0

    source, made = sandbox.instance("web-1"), sandbox.instance("db")
    for attribute in (
        "InstanceType",
        "ImageId",
        "KeyName",
        "SubnetId",
        "SecurityGroups",
        "IamInstanceProfile",
    ):
        assert made[attribute] == source[attribute], attribute
    assert made["MetadataOptions"]["HttpTokens"] == "required"
    assert tags(made)["role"] == "web"
    assert len(made["BlockDeviceMappings"]) == 2


@pytest.mark.kill
@pytest.mark.parametrize(
    "action,when",
    [
        ("RunInstances", "before"),
        ("RunInstances", "after"),
        ("AllocateAddress", "after"),
        ("AssociateAddress", "after"),
    ],
)
def test_killed_launch_ends_the_same(shell: Shell, sandbox: Seeded, action: str, when: str) -> None:
    hooks = sandbox.app.hooks.before if when == "before" else sandbox.app.hooks.after

    def kill(call: Call) -> None:
        if call.name.endswith(f":{action}"):
            hooks.clear()
            raise Killed

    hooks.append(kill)
    with pytest.raises(Killed):
        shell.run(f"{LAUNCH} -n 2 --eip")
    again = shell.run(f"{LAUNCH} -n 2 --eip")

    assert again.exit == 0
    made = {name: each["InstanceId"] for name, each in living(sandbox).items() if name > "web-4"}
    assert set(made) == {"web-5", "web-6"}
    addresses = [
        each for each in sandbox.ec2.describe_addresses()["Addresses"] if each["PublicIp"] != "203.0.113.9"
    ]
    assert {each["InstanceId"] for each in addresses} == set(made.values())
    assert {tags(each)["ec2kit:holder"] for each in addresses} == set(made.values())
    assert len(addresses) == 2


def test_power_there_and_back(shell: Shell, sandbox: Seeded) -> None:
    check_golden("fleet/stop", shell.run("stop web-1 web-2 -y"))
    check_golden("fleet/stop_again", shell.run("stop web-1 -y"))
    assert sandbox.instance("web-1")["State"]["Name"] == "stopped"
    check_golden("fleet/reboot_stopped", shell.run("reboot web-1 -y"))
    check_golden("fleet/start", shell.run("start role=web state:stopped --max 100%"))
    assert sandbox.instance("web-2")["State"]["Name"] == "running"
    assert shell.run("reboot web-3 -y").exit == 0


def test_stop_of_some_leaves_out_who_is_protected(shell: Shell, sandbox: Seeded) -> None:
    shell.run("tag set web-2 ec2kit:keep=ops")
    sandbox.ec2.modify_instance_attribute(InstanceId=sandbox.id("web-3"), DisableApiStop={"Value": True})

    check_golden("fleet/stop_some", shell.run("stop role=web -y"))

    states = {name: each["State"]["Name"] for name, each in living(sandbox).items()}
    assert states == {"web-1": "stopped", "web-2": "running", "web-3": "running", "web-4": "stopped"}


def test_terminate_asks_with_everything_a_person_should_know(shell: Shell, sandbox: Seeded) -> None:
    shell.run("eip assign 203.0.113.9 web-1")
    shell.answers = ["n", "y"]

    assert shell.run("terminate web-1").exit == 5
    assert "web-1" in living(sandbox)
    done = shell.run("terminate web-1")

    question = shell.asked[1]
    assert "web-1 goes, and with it vol-" in question
    assert "stays billed: Elastic IP 203.0.113.9 of web-1" in question
    assert "no snapshot set of web-1 is complete and good" in question
    assert done.exit == 0
    assert "web-1" not in living(sandbox)


def test_terminate_takes_a_last_set_first(shell: Shell, sandbox: Seeded) -> None:
    old = sandbox.id("web-1")

    check_golden("fleet/terminate_snapshot", shell.run("terminate web-1 -y --snapshot"))

    found = sandbox.ec2.describe_snapshots(Filters=[{"Name": "tag:ec2kit:of", "Values": [old]}])["Snapshots"]
    assert [each["State"] for each in found] == ["completed", "completed"]
    shown = json.loads(shell.run(f"show {old} -o json").stdout)
    assert shown["state"] == "terminated"
    assert shown["last_set"]["complete"]


def test_quarantined_and_recovering_machines_are_left_alone(shell: Shell, sandbox: Seeded) -> None:
    shell.run("stop web-1 -y")
    shell.run("tag set web-1 ec2kit:state=quarantined")
    shell.run("tag set web-2 ec2kit:failure=1:recovering:restart:20260102T030405Z")

    check_golden("fleet/start_quarantined", shell.run("start web-1"))
    check_golden("fleet/stop_recovering", shell.run("stop web-2 -y"))
    assert shell.run("eip assign 203.0.113.9 web-1").exit == 5


def test_no_wait_says_what_asks_later(shell: Shell) -> None:
    screen = shell.run("stop web-1 -y --no-wait")

    check_golden("fleet/stop_no_wait", screen)
    assert shell.run("wait web-1 --for stopped").exit == 0


def test_waiting_for_what_cannot_come_ends_at_once(shell: Shell, sandbox: Seeded) -> None:
    old = sandbox.id("web-1")
    shell.run("terminate web-1 -y")

    screen = shell.run(f"wait {old} web-2 --for running")

    assert (screen.exit, shell.run(f"wait {old} --for gone").exit) == (1, 0)
    assert f"{old} is terminated, and will not be what is waited for" in screen.stderr


def test_a_stuck_stop_gives_up_waiting(shell: Shell, sandbox: Seeded) -> None:
    sandbox.app.world.conditions.stuck_stop.add(sandbox.id("web-1"))

    check_golden("fleet/stop_stuck", shell.run("stop web-1 -y --timeout 2m"))


def test_tags_are_set_unchanged_undone_and_deleted(shell: Shell, sandbox: Seeded) -> None:
    check_golden("fleet/tag_set", shell.run("tag set role=web stage=live --max 100%"))
    check_golden("fleet/tag_set_again", shell.run("tag set web-1 stage=live"))
    assert tags(sandbox.instance("web-4"))["stage"] == "live"
    assert shell.run("tag set web-1 stage=old role=db").exit == 0
    assert shell.run("undo last -y").exit == 0
    assert tags(sandbox.instance("web-1")).items() >= {"stage": "live", "role": "web"}.items()
    check_golden("fleet/tag_delete", shell.run("tag delete web-1 stage"))
    assert "stage" not in tags(sandbox.instance("web-1"))


def test_tags_of_other_resources(shell: Shell, sandbox: Seeded) -> None:
    volume = sandbox.instance("web-1")["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]

    assert shell.run(f"tag set {volume} backup=daily").exit == 0
    assert f"{volume}\tbackup\tdaily\n" in shell.run(f"tag ls {volume}").stdout
    check_golden("fleet/tag_unknown_volume", shell.run("tag set vol-00000000000000000 a=b"))
    assert shell.run("tag set - a=b", stdin=f"{volume}\nvol-00000000000000000\n").exit == 3


def test_undo_takes_a_launch_back(shell: Shell, sandbox: Seeded) -> None:
    assert shell.run(f"{LAUNCH} --eip").exit == 0

    assert shell.run("undo last -y").exit == 0

    assert "web" not in living(sandbox)
    assert [each["PublicIp"] for each in sandbox.ec2.describe_addresses()["Addresses"]] == ["203.0.113.9"]
