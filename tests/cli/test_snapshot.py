"""Taking, listing, showing and deleting sets, as typed, against the sandbox."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from ec2kit.sandbox.calls import Call
from tests.cli.screens import Screen, Shell, changing, check_golden
from tests.sandbox.seeded import Seeded


class Killed(BaseException):
    """The process is gone."""


@pytest.fixture(scope="module")
def quiet() -> Seeded:
    """For what changes nothing."""
    seeded = Seeded()
    seeded.tick(600)
    return seeded


def run(shell: Shell, line: str, stdin: str = "") -> Screen:
    """A command that must end well, with what it did visible afterwards."""
    screen = shell.run(line, stdin)
    assert screen.exit == 0, screen.stderr
    assert shell.sandbox is not None
    shell.sandbox.tick(30)
    return screen


def rows(shell: Shell, line: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run(shell, f"{line} -o json").stdout)
    return found


def test_a_set_has_a_snapshot_of_every_disk_and_says_how_to_launch_the_machine(
    shell: Shell, sandbox: Seeded
) -> None:
    made = run(shell, "snapshot create web-1")

    name, machine, action, result, _, resource = made.stdout.strip().split("\t")
    assert (machine, action, result) == ("web-1", "snapshot create", "done")
    snapshots = sandbox.ec2.describe_snapshots(SnapshotIds=resource.split(","))["Snapshots"]
    attached = {each["Ebs"]["VolumeId"] for each in sandbox.instance("web-1")["BlockDeviceMappings"]}
    assert {each["VolumeId"] for each in snapshots} == attached
    assert {each["State"] for each in snapshots} == {"completed"}
    tags = {tag["Key"]: tag["Value"] for tag in snapshots[0]["Tags"]}
    assert tags["ec2kit:set"] == name
    assert tags["ec2kit:of"] == sandbox.id("web-1")
    template, _, version = tags["ec2kit:launch"].partition(":")
    (described,) = sandbox.ec2.describe_launch_template_versions(
        LaunchTemplateId=template, Versions=[version]
    )["LaunchTemplateVersions"]
    assert described["LaunchTemplateName"] == "ec2kit-web-1"
    assert described["LaunchTemplateData"]["InstanceType"] == "t3.micro"
    assert described["LaunchTemplateData"]["MetadataOptions"]["HttpTokens"] == "required"


def test_the_second_set_writes_no_second_description(shell: Shell, sandbox: Seeded) -> None:
    run(shell, "snapshot create web-1")
    made = changing(sandbox)

    run(shell, "snapshot create web-1")

    assert [name.rpartition(":")[2] for name in made] == ["CreateSnapshots"]
    assert len(rows(shell, "snapshot ls web-1")) == 2


def test_from_a_pipe(shell: Shell) -> None:
    listed = run(shell, "ls role=web").stdout
    first_zone = "".join(line for line in listed.splitlines(True) if "eu-west-1a" in line)

    made = run(shell, "snapshot create -", stdin=first_zone)

    assert [line.split("\t")[1] for line in made.stdout.splitlines()] == ["web-1", "web-4"]


def test_lists_the_sets_of_a_machine_that_is_gone_by_name_id_and_set(shell: Shell, sandbox: Seeded) -> None:
    id = sandbox.id("web-2")
    name = run(shell, "snapshot create web-2").stdout.split("\t")[0]
    run(shell, "snapshot create web-3")
    run(shell, "terminate web-2 -y")
    sandbox.tick(7200)

    for word in ("web-2", id, name, "'web-[2]'"):
        (only,) = rows(shell, f"snapshot ls {word}")
        assert (only["set"], only["state"], only["volumes"], only["size_gib"]) == (name, "complete", 1, 8)
        assert only["consistency"] == "crash"
    assert len(rows(shell, "snapshot ls")) == 2
    assert [each["machine"] for each in rows(shell, "snapshot ls role=web")] == ["web-3"]
    assert rows(shell, "snapshot ls web-1") == []
    # The two images of the account stand on snapshots that belong to no set.
    assert len(rows(shell, "snapshot ls --all")) == 4


def test_shows_the_machine_as_it_was(shell: Shell, sandbox: Seeded) -> None:
    run(shell, "eip assign 203.0.113.9 web-1")
    run(shell, "snapshot create web-1")
    run(shell, "eip unassign 203.0.113.9 -y")

    shown = json.loads(run(shell, "snapshot show web-1 -o json").stdout)
    text = run(shell, "snapshot show web-1").stdout

    assert sorted((each["device"], each["size_gib"]) for each in shown["snapshots"]) == [
        ("/dev/sdf", 20),
        ("/dev/xvda", 8),
    ]
    assert shown["description"]["address"] == "203.0.113.9"
    assert shown["description"]["key"] == "ops"
    assert shown["description"]["user_data_bytes"] == 32
    assert re.search(r"^address\t203\.0\.113\.9$", text, re.MULTILINE)


def test_a_snapshot_that_ends_in_error_fails_the_set_which_is_never_a_candidate(
    shell: Shell, sandbox: Seeded
) -> None:
    sandbox.app.world.conditions.next_snapshots_fail = 1
    failed = shell.run("snapshot create web-1")
    sandbox.tick(30)

    assert failed.exit == 1
    assert re.search(r"snapshot 'snap-\w+' of set 'web-1@\w+' ended in error: ", failed.stderr)
    assert [each["state"] for each in rows(shell, "snapshot ls web-1")] == ["error"]
    assert shell.run("snapshot restore web-1").exit == 4

    again = run(shell, "snapshot create web-1")

    assert "gave up run" in again.stderr
    assert [line.split("\t")[2:4] for line in again.stdout.splitlines()] == [
        ["snapshot create", "done"],
        ["delete broken set", "done"],
    ]
    assert [each["state"] for each in rows(shell, "snapshot ls web-1")] == ["complete"]


def test_one_that_fails_beside_one_that_does_not_is_partial(shell: Shell, sandbox: Seeded) -> None:
    volume = sandbox.instance("web-2")["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    sandbox.app.world.conditions.failing_snapshots.add(volume)

    screen = shell.run("snapshot create web-2 web-3")

    assert screen.exit == 3
    assert [line.split("\t")[3] for line in screen.stdout.splitlines()] == ["failed", "done"]


def test_no_wait_begins_and_says_how_to_ask(shell: Shell, sandbox: Seeded) -> None:
    screen = shell.run("snapshot create web-1 --no-wait")
    sandbox.tick(10)
    name = screen.stdout.split("\t")[0]
    listed, refused = shell.run(f"snapshot ls {name}"), shell.run(f"snapshot restore {name}")

    assert screen.exit == 0
    assert f"ec2kit snapshot ls {name}" in screen.stderr
    assert "\tpending\t" in listed.stdout
    assert refused.exit == 5
    assert "still copying" in refused.stderr


def test_a_killed_run_is_finished_and_then_todays_set_is_taken(shell: Shell, sandbox: Seeded) -> None:
    def kill(call: Call) -> None:
        if call.name.endswith("CreateSnapshots"):
            sandbox.app.hooks.after.remove(kill)
            raise Killed

    sandbox.after(kill)
    with pytest.raises(Killed):
        shell.run("snapshot create web-1")
    sandbox.tick(60)

    again = run(shell, "snapshot create web-1")

    assert "resuming run" in again.stderr
    assert [line.split("\t")[1] for line in again.stdout.splitlines()] == ["web-1", "web-1"]
    assert [each["state"] for each in rows(shell, "snapshot ls web-1")] == ["complete", "complete"]


def test_a_stale_run_is_given_up_what_it_left_broken_goes_and_todays_set_is_taken(
    shell: Shell, sandbox: Seeded
) -> None:
    def kill(call: Call) -> None:
        if call.name.endswith("CreateSnapshots"):
            sandbox.app.hooks.after.remove(kill)
            raise Killed

    sandbox.app.world.conditions.next_snapshots_fail = 1
    sandbox.after(kill)
    with pytest.raises(Killed):
        shell.run("snapshot create web-1")
    sandbox.tick(25 * 3600)

    again = run(shell, "snapshot create web-1")

    assert "gave up run" in again.stderr
    assert "unfinished for 1d1h" in again.stderr
    assert [each["state"] for each in rows(shell, "snapshot ls web-1")] == ["complete"]


def test_deletes_what_may_go_and_keeps_what_an_enrolled_machine_needs(shell: Shell, sandbox: Seeded) -> None:
    run(shell, "snapshot create web-1")
    run(shell, "snapshot create web-1")
    newest, oldest = [each["set"] for each in rows(shell, "snapshot ls web-1")]
    run(shell, "tag set web-1 ec2kit:protect=replace")

    without_asking = shell.run(f"snapshot delete {oldest}")
    both = shell.run("snapshot delete 'web-1@*' -y")
    sandbox.tick(30)

    assert without_asking.exit == 5
    assert both.exit == 3
    assert "the last good set" in both.stderr
    assert [each["set"] for each in rows(shell, "snapshot ls web-1")] == [newest]
    assert shell.run(f"snapshot delete {newest} -y").exit == 5


def test_deletes_by_pipe(shell: Shell) -> None:
    run(shell, "snapshot create web-2 web-3")
    listed = run(shell, "snapshot ls -q").stdout

    screen = run(shell, "snapshot delete - -y", stdin=listed)

    assert len(screen.stdout.splitlines()) == 2
    assert rows(shell, "snapshot ls") == []


@pytest.mark.parametrize(
    "name,line",
    [
        ("snapshot_noun_alone", "snapshot web-1"),
        ("snapshot_create_unknown", "snapshot create web-9"),
        ("snapshot_create_nothing", "snapshot create"),
        ("snapshot_create_none_match", "snapshot create role=nobody"),
        ("snapshot_ls_empty", "snapshot ls"),
        ("snapshot_ls_empty_json", "snapshot ls web-1 -o json"),
        ("snapshot_ls_unknown", "snapshot ls web-9"),
        ("snapshot_show_unknown", "snapshot show web-1"),
        ("snapshot_show_pattern", "snapshot show 'web-*'"),
        ("snapshot_delete_unknown", "snapshot delete web-1 -y"),
        ("snapshot_restore_unknown", "snapshot restore snap-00000000000000000"),
        ("snapshot_restore_bad_as", "snapshot restore web-1 --as image"),
        ("snapshot_restore_bad_name", "snapshot restore web-1 --as root --name x"),
        ("snapshot_restore_two", "snapshot restore web-1 web-2"),
    ],
)
def test_bad_input(quiet: Seeded, tmp_path: Path, name: str, line: str) -> None:
    check_golden(name, Shell(tmp_path, quiet).run(line))


def test_words_that_mean_more_or_less_than_a_set_are_not_deleted(shell: Shell, sandbox: Seeded) -> None:
    screen = run(shell, "snapshot create web-1")
    snapshot = screen.stdout.strip().rpartition("\t")[2].split(",")[0]
    made = changing(sandbox)

    machine = shell.run("snapshot delete web-1 -y")
    part = shell.run(f"snapshot delete {snapshot} -y")

    assert (machine.exit, part.exit) == (2, 2)
    assert "'web-1@*'" in machine.stderr
    assert "belongs to the set 'web-1@" in part.stderr
    assert made == []


def test_dry_runs_change_nothing(shell: Shell, sandbox: Seeded) -> None:
    run(shell, "snapshot create web-1")
    made = changing(sandbox)

    for line in (
        "snapshot create web-1 web-2",
        "snapshot restore web-1",
        "snapshot restore web-1 --as root",
        "snapshot restore web-1 --as volumes",
        "snapshot delete 'web-1@*'",
    ):
        planned = json.loads(run(shell, f"{line} --dry-run -o json").stdout)
        assert planned["steps"], line
    assert made == []
