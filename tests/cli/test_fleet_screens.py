"""Fleet and addresses where nothing is changed: whole screens, bad input, and dry runs, against one sandbox."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.screens import Shell, changing, check_golden
from tests.sandbox.seeded import Seeded

LAUNCH = "launch web --image debian-12-amd64 --type t3.micro"

SCREENS = [
    ("ls", "ls"),
    ("ls_json", "ls web-1 -o json"),
    ("ls_none_json", "ls role=nothing -o json"),
    ("ls_unknown", "ls web-9 web-1"),
    ("ls_bad_filter", "ls zone:eu-west-1a"),
    ("ls_bad_state", "ls state:dead"),
    ("show", "show web-1"),
    ("show_table", "show web-2 -o table"),
    ("show_json", "show web-1 -o json"),
    ("show_volume", "show vol-0123456789abcdef0"),
    ("launch_missing", "launch web -n 4"),
    ("launch_dry_run", f"{LAUNCH} -n 2 --eip --user-data boot.sh --dry-run -o table"),
    ("launch_no_image", "launch web --image nothing --type t3.micro"),
    ("launch_no_key", f"{LAUNCH} --key nothing"),
    ("launch_no_group", f"{LAUNCH} --group nothing"),
    ("launch_no_zone", f"{LAUNCH} --zone eu-west-1z"),
    ("launch_no_subnet", f"{LAUNCH} --subnet nothing"),
    ("launch_no_template", "launch web --template nothing"),
    ("launch_no_role", f"{LAUNCH} --role nothing"),
    ("launch_near_role", f"{LAUNCH} --role wed --dry-run"),
    ("launch_near_image", "launch web --image debian-12-amd46 --type t3.micro"),
    ("launch_near_type", "launch web --image debian-12-amd64 --type t3.mcro"),
    ("launch_near_group", f"{LAUNCH} --group wbe"),
    ("launch_wrong_architecture", "launch web --image debian-12-i386 --type t4g.micro"),
    ("launch_name_taken", "launch web-1 --like web-2"),
    ("launch_name_unusable", "launch role=web --like web-2"),
    ("launch_bad_volume", f"{LAUNCH} --volume much"),
    ("launch_bad_tag", f"{LAUNCH} --tag role"),
    ("launch_no_user_data", f"{LAUNCH} --user-data nothing.sh"),
    ("launch_none", f"{LAUNCH} -n 0"),
    ("stop_dry_run", "stop web-1 web-2 --dry-run -o table"),
    ("stop_declines", "stop web-1"),
    ("terminate_dry_run", "terminate web-1 --snapshot --dry-run -o table"),
    ("terminate_dry_run_piped", "terminate web-1 --dry-run"),
    ("terminate_dry_run_none", "terminate role=nothing --dry-run"),
    ("stop_dry_run_ids", "stop role=web --except web-3 --dry-run -q"),
    ("terminate_dry_run_json", "terminate web-2 --dry-run -o json"),
    ("wait_timeout", "wait web-1 --for stopped --timeout 20s"),
    ("wait_bad_goal", "wait web-1 --for happy"),
    ("wait_unknown", "wait web-9 --for running"),
    ("tag_ls", "tag ls web-1 web-2"),
    ("tag_aws", "tag set web-1 aws:role=web"),
    ("tag_no_value", "tag set web-1 role"),
    ("tag_long", f"tag set web-1 role={'x' * 257}"),
    ("tag_other", "tag set lb/shop role=web"),
    ("eip_ls", "eip ls"),
    ("eip_assign_no_address", "eip assign web-1"),
    ("eip_assign_no_instance", "eip assign 203.0.113.9"),
    ("eip_assign_nothing", "eip assign"),
    ("eip_allocate_two_of_a_name", "eip allocate -n 2 --name shop"),
    ("eip_unknown", "eip assign 203.0.113.99 web-1"),
    ("eip_neither", "eip assign web-1 web-2"),
    ("eip_no_instance", "eip assign 203.0.113.9 web-9"),
    ("eip_assign_dry_run", "eip assign web-1 203.0.113.9 --dry-run -o table"),
    ("eip_release_unknown", "eip release 203.0.113.99 -y"),
    ("eip_unassign_free", "eip unassign 203.0.113.9 -y"),
]


@pytest.fixture(scope="module")
def sandbox() -> Seeded:
    seeded = Seeded()
    seeded.tick(600)
    return seeded


@pytest.fixture
def shell(sandbox: Seeded, tmp_path: Path) -> Shell:
    (tmp_path / "boot.sh").write_text("#!/bin/sh\necho secret\n")
    return Shell(tmp_path, sandbox)


@pytest.mark.parametrize("name,line", SCREENS, ids=[name for name, _ in SCREENS])
def test_screen(shell: Shell, name: str, line: str) -> None:
    check_golden(f"fleet/{name}", shell.run(line))


DRY_RUNS = [
    f"{LAUNCH} -n 3 --eip --user-data boot.sh",
    "launch db --like web-1",
    "start web-1",
    "stop role=web",
    "reboot web-1",
    "terminate web-1 --snapshot",
    "tag set role=web a=b",
    "tag delete web-1 role",
    "eip allocate -n 2",
    "eip assign 203.0.113.9 web-1",
    "eip unassign 203.0.113.9",
    "eip release 203.0.113.9",
]


@pytest.mark.parametrize("line", DRY_RUNS)
def test_dry_run_changes_nothing_and_asks_nothing(shell: Shell, sandbox: Seeded, line: str) -> None:
    made = changing(sandbox)

    screen = shell.run(f"{line} --dry-run")

    assert (screen.exit, made, shell.asked) == (0, [], [])


def test_a_dry_run_ends_as_the_real_one_would(shell: Shell) -> None:
    assert shell.run("stop web-9 --dry-run").exit == 4
    assert shell.run("launch web-1 --like web-2 --dry-run").exit == 5
    assert shell.run("launch web --dry-run").exit == 2


def test_secrets_are_in_no_plan(shell: Shell) -> None:
    screen = shell.run(f"{LAUNCH} --user-data boot.sh --dry-run -o json")

    assert "secret" not in screen.stdout
    assert "c2VjcmV0" not in screen.stdout


def test_launch_profiles_fill_in_what_is_not_typed(shell: Shell) -> None:
    (shell.home / "ec2kit.yaml").write_text(
        "defaults: {image: debian-12-amd64, type: t3.micro, key: ops}\nlaunch: {web: {type: [t3.small, t3.micro]}}\n"
    )

    web = shell.run("launch web -n 2 --dry-run -o json")
    other = shell.run("launch mail --dry-run -o json")

    assert [step["target"] for step in json.loads(web.stdout)["steps"]] == ["web-5", "web-6"]
    assert "as t3.small" in json.loads(web.stdout)["steps"][0]["what"]
    assert "as t3.micro" in json.loads(other.stdout)["steps"][0]["what"]


def test_a_pipe_goes_on_with_the_ids(shell: Shell) -> None:
    listed = shell.run("ls role=web")
    narrowed = "".join(line + "\n" for line in listed.stdout.splitlines() if "eu-west-1a" in line)

    screen = shell.run("ls - -o json", stdin=narrowed)

    assert [each["name"] for each in json.loads(screen.stdout)] == ["web-1", "web-4"]


def test_regions_are_listed_together(shell: Shell) -> None:
    both = shell.run("ls --region eu-west-1 --region eu-central-1 -q")
    named = shell.run("ls web-1 --region eu-west-1 --region eu-central-1 -o json")
    missing = shell.run("ls web-9 --region eu-west-1 --region eu-central-1")

    assert len(both.stdout.splitlines()) == 4
    assert [each["name"] for each in json.loads(named.stdout)] == ["web-1"]
    assert missing.exit == 4


def test_json_of_several_machines_is_a_list(shell: Shell) -> None:
    assert [each["name"] for each in json.loads(shell.run("show web-1 web-2 -o json").stdout)] == [
        "web-1",
        "web-2",
    ]


def test_wait_returns_what_it_waited_for(shell: Shell) -> None:
    assert len(shell.run("wait web-1 web-2 --for ok").stdout.splitlines()) == 2
    assert shell.run("wait i-0123456789abcdef0 --for gone").exit == 0
    assert shell.run("wait i-0123456789abcdef0 --for running").exit == 4
