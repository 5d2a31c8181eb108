"""Every changing command acts in the same way: whole screens against the sandbox."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ec2kit.sandbox.calls import Call
from tests.cli.practice import COMMANDS
from tests.cli.screens import Shell, changing, check_golden
from tests.sandbox.seeded import Seeded
from tests.support.inprocess import InProcess


class Killed(BaseException):
    """The process is gone."""


@pytest.fixture
def empty() -> InProcess:
    return InProcess()


@pytest.fixture
def fresh_shell(empty: InProcess, tmp_path: Path) -> Shell:
    return Shell(tmp_path, empty, commands=COMMANDS)


@pytest.fixture
def shell(sandbox: Seeded, tmp_path: Path) -> Shell:
    return Shell(tmp_path, sandbox, commands=COMMANDS)


@pytest.mark.parametrize(
    "name,line",
    [
        ("stop", "stop web-1 web-2 -y"),
        ("stop_json", "stop web-1 -y -o json"),
        ("stop_no_wait", "stop web-1 -y --no-wait"),
        ("stop_timeout", "stop web-1 -y --timeout 5s"),
        ("mark_max", "mark color --max 100%"),
    ],
)
def test_screen(shell: Shell, name: str, line: str) -> None:
    check_golden(name, shell.run(line))


def test_protected_machine_is_left_out_and_the_others_are_done(shell: Shell, sandbox: Seeded) -> None:
    sandbox.ec2.create_tags(Resources=[sandbox.id("web-2")], Tags=[{"Key": "ec2kit:keep", "Value": "me"}])
    sandbox.tick(60)

    some = shell.run("stop web-1 web-2 -y")
    again = shell.run("stop web-2 -y")

    check_golden("protected_some", some)
    assert (some.exit, again.exit) == (3, 5)
    assert sandbox.instance("web-1")["State"]["Name"] == "stopped"
    assert sandbox.instance("web-2")["State"]["Name"] == "running"


def test_what_is_so_already_is_unchanged(shell: Shell) -> None:
    shell.run("stop web-1 -y")

    check_golden("unchanged", shell.run("stop web-1 -y"))


@pytest.mark.parametrize("answer,exit", [("y", 0), ("yes", 0), ("n", 5), ("", 5)])
def test_asks_with_place_and_what(shell: Shell, sandbox: Seeded, answer: str, exit: int) -> None:
    shell.answers = [answer]

    screen = shell.run("stop web-1")

    assert screen.exit == exit
    (asked,) = shell.asked
    assert "eu-west-1, account 123456789012" in asked
    assert "sandbox" in asked.splitlines()[0]
    assert f"stop instance {sandbox.id('web-1')} (web-1)" in asked
    assert "volumes stay billed" in asked
    assert (sandbox.instance("web-1")["State"]["Name"] == "stopped") == (exit == 0)


def test_killed_run_goes_on_and_says_so(fresh_shell: Shell, empty: InProcess) -> None:
    made = changing(empty)

    def kill(call: Call) -> None:
        if call.name.endswith("AllocateAddress"):
            empty.app.hooks.after.clear()
            raise Killed

    empty.after(kill)
    with pytest.raises(Killed):
        fresh_shell.run("allocate -n 3")
    listed = fresh_shell.run("history --columns state,command")
    resumed = fresh_shell.run("allocate -n 3")
    anew = fresh_shell.run("allocate -n 3")

    assert listed.stdout == "unfinished\tec2kit allocate -n 3\n"
    assert "resuming run" in resumed.stderr
    assert "resuming" not in anew.stderr
    assert resumed.exit == anew.exit == 0
    assert len(resumed.stdout.splitlines()) == 3
    assert len(made) == 6


def test_new_leaves_an_unfinished_run_alone(fresh_shell: Shell, empty: InProcess) -> None:
    def kill(call: Call) -> None:
        if call.name.endswith("AllocateAddress"):
            empty.app.hooks.after.clear()
            raise Killed

    empty.after(kill)
    with pytest.raises(Killed):
        fresh_shell.run("allocate")

    assert "resuming" not in fresh_shell.run("allocate --new").stderr
    assert len(empty.client("ec2").describe_addresses()["Addresses"]) == 2
    resumed = fresh_shell.run("resume")
    assert resumed.exit == 0
    assert len(empty.client("ec2").describe_addresses()["Addresses"]) == 2
    assert fresh_shell.run("resume").exit == 4


def test_stale_run_is_refused_then_abandoned(fresh_shell: Shell, empty: InProcess) -> None:
    def kill(call: Call) -> None:
        if call.name.endswith("AllocateAddress"):
            empty.app.hooks.after.clear()
            raise Killed

    empty.after(kill)
    with pytest.raises(Killed):
        fresh_shell.run("allocate")
    empty.tick(90_000)

    check_golden("stale", fresh_shell.run("allocate"))
    abandoned = fresh_shell.run("resume --abandon")
    assert abandoned.exit == 0
    assert fresh_shell.run("history --columns state").stdout == "abandoned\n"
    assert fresh_shell.run("allocate").exit == 0


def test_history_shows_what_was_done_and_undo_takes_it_back(fresh_shell: Shell, empty: InProcess) -> None:
    before = len(empty.client("ec2").describe_addresses()["Addresses"])
    fresh_shell.run("allocate")

    check_golden("history", fresh_shell.run("history"))
    check_golden("history_show", fresh_shell.run("history show last"))
    check_golden("undo_dry_run", fresh_shell.run("undo last --dry-run -o table"))
    shown = json.loads(fresh_shell.run("history show last -o json").stdout)
    assert [step["state"] for step in shown["steps"]] == ["done"]
    undone = fresh_shell.run("undo last -y")
    assert undone.exit == 0
    assert len(empty.client("ec2").describe_addresses()["Addresses"]) == before


def test_undo_last_passes_over_runs_that_changed_nothing(shell: Shell, sandbox: Seeded) -> None:
    machine = sandbox.id("web-1")
    assert shell.run("tag set web-1 a=b").exit == 0
    assert shell.run("tag set vol-0123456789abcdef0 x=1").exit == 4
    assert shell.run("tag set web-1 a=b").exit == 0

    undone = shell.run("undo last -y")

    assert undone.exit == 0
    assert "taking back `ec2kit tag set web-1 a=b`" in undone.stderr
    tags = sandbox.ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [machine]}])["Tags"]
    assert "a" not in {tag["Key"] for tag in tags}


def test_undo_last_where_nothing_was_done(shell: Shell) -> None:
    assert shell.run("tag set vol-0123456789abcdef0 x=1").exit == 4

    assert "nothing to do" in shell.run("undo last -y").stderr


def test_failure_of_one_is_reported_with_the_others(shell: Shell, sandbox: Seeded) -> None:
    sandbox.ec2.modify_instance_attribute(InstanceId=sandbox.id("web-1"), DisableApiStop={"Value": True})

    screen = shell.run("stop web-1 web-2 -y")

    check_golden("partial", screen)
    assert screen.exit == 3


def test_gc_removes_what_has_expired_and_nothing_else(fresh_shell: Shell, empty: InProcess) -> None:
    ec2 = empty.client("ec2")
    for expires in ("2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z", ""):
        tags = [{"Key": "ec2kit:expires", "Value": expires}] if expires else [{"Key": "a", "Value": "b"}]
        specification = [{"ResourceType": "elastic-ip", "Tags": tags}]
        ec2.allocate_address(Domain="vpc", TagSpecifications=specification)
    empty.tick(60)

    asked = fresh_shell.run("gc")
    done = fresh_shell.run("gc -y")

    assert (asked.exit, done.exit) == (5, 0)
    assert len(done.stdout.splitlines()) == 1
    assert len(ec2.describe_addresses()["Addresses"]) == 2


def test_json_lists_are_never_nothing(fresh_shell: Shell) -> None:
    assert json.loads(fresh_shell.run("ls -o json").stdout) == []
    assert fresh_shell.run("ls").stdout == ""
