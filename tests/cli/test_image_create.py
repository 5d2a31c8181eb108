"""`image create` on the sandbox: the machine is not touched, the image is clean, and a kill costs nothing twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ec2kit.sandbox.disks import put_volume, read
from ec2kit.sandbox.rules.lookup import backend_of
from tests.cli.screens import Shell, check_golden
from tests.sandbox.seeded import Seeded

pytestmark = pytest.mark.slow

MIB = 1 << 20
SECRET, CLEAN = b"host key" * 64, b"\0" * 512
CREATE = "image create web-1 --name golden"


@pytest.fixture
def sandbox(tmp_path: Path) -> Seeded:
    """web-1 has a secret on its root, between what stays."""
    seeded = Seeded()
    seeded.tick(600)
    disk = tmp_path / "root"
    with disk.open("wb") as file:
        file.truncate(8 << 30)
        for at, content in ((0, b"boot"), (5 * MIB, SECRET), (9 * MIB, b"data")):
            file.seek(at)
            file.write(content)
    put_volume(seeded.app, volumes(seeded)["/dev/xvda"], disk)
    disk.unlink()
    return seeded


@pytest.fixture
def shell(sandbox: Seeded, tmp_path: Path) -> Shell:
    return Shell(tmp_path, sandbox, scrub=scrub)


def scrub(disk: Path, name: str) -> None:
    """What the appliance does, without one."""
    assert name == "xvda"
    with disk.open("r+b") as file:
        file.seek(5 * MIB)
        assert file.read(len(SECRET)) == SECRET
        file.seek(5 * MIB)
        file.write(CLEAN)


def volumes(sandbox: Seeded) -> dict[str, str]:
    """web-1's volumes by device."""
    disks = sandbox.instance("web-1")["BlockDeviceMappings"]
    return {disk["DeviceName"]: disk["Ebs"]["VolumeId"] for disk in disks}


def image(sandbox: Seeded, name: str = "golden") -> dict[str, Any]:
    (found,) = sandbox.ec2.describe_images(Filters=[{"Name": "name", "Values": [name]}])["Images"]
    return dict(found)


def disks(found: dict[str, Any]) -> dict[str, str]:
    """An image's snapshots by device."""
    return {each["DeviceName"]: each["Ebs"]["SnapshotId"] for each in found["BlockDeviceMappings"]}


def content(sandbox: Seeded, resource: str) -> bytes:
    """Everything that is on a disk."""
    return b"".join(data for _, data in read(sandbox.app, resource))


def test_the_image_is_clean_and_the_machine_as_it_was(shell: Shell, sandbox: Seeded) -> None:
    before = sandbox.instance("web-1")
    check_golden("image/create_dry_run", shell.run(f"{CREATE} --dry-run -o table"))

    check_golden("image/create", shell.run(CREATE))

    made = image(sandbox)
    assert disks(made).keys() == {"/dev/xvda", "/dev/sdf"}
    on_root = content(sandbox, disks(made)["/dev/xvda"])
    assert SECRET not in on_root
    assert b"boot" in on_root
    assert b"data" in on_root
    assert SECRET in content(sandbox, volumes(sandbox)["/dev/xvda"])
    assert sandbox.instance("web-1") == before
    calls = set(sandbox.app.calls.names())
    assert not calls & {"ec2:StopInstances", "ec2:RebootInstances", "ec2:CreateImage"}
    assert (made["Architecture"], made["EnaSupport"], made["State"]) == ("x86_64", True, "available")
    assert not list((shell.home / "cache").rglob("clean"))


def test_the_set_stays_and_is_complete(shell: Shell) -> None:
    shell.run(CREATE)

    assert shell.run("snapshot ls web-1 --columns state,volumes").stdout == "complete\t2\n"


def test_without_the_data_volumes(shell: Shell, sandbox: Seeded) -> None:
    assert shell.run(f"{CREATE} --root-only").exit == 0

    assert disks(image(sandbox)).keys() == {"/dev/xvda"}


def test_unscrubbed_it_says_so(shell: Shell, sandbox: Seeded) -> None:
    check_golden("image/create_unscrubbed", shell.run(f"{CREATE} --unscrubbed"))

    assert SECRET in content(sandbox, disks(image(sandbox))["/dev/xvda"])
    assert shell.run("image ls golden --columns labels").stdout == "unscrubbed\n"
    assert "host keys" in shell.run("image create web-1 --name other --unscrubbed --dry-run -o table").stdout


def test_one_with_a_billing_code_is_made_by_create_image(shell: Shell, sandbox: Seeded) -> None:
    mark_as_windows(sandbox)

    check_golden("image/create_billed", shell.run(f"{CREATE} --root-only"))

    assert "ec2:CreateImage" in sandbox.app.calls.names()
    assert disks(image(sandbox)).keys() == {"/dev/xvda"}
    assert "unscrubbed" in shell.run("image ls golden --columns labels").stdout


def mark_as_windows(sandbox: Seeded) -> None:
    """The image of web-1 bills as Windows."""
    with sandbox.app.settled():
        for image in backend_of("123456789012", "eu-west-1").amis.values():
            image.usage_operation = "RunInstances:0002"


def test_a_name_that_is_taken_is_refused_before_anything_is_made(shell: Shell, sandbox: Seeded) -> None:
    screen = shell.run("image create web-1 --name debian-12-amd64")

    assert screen.exit == 5
    assert "has that name" in screen.stderr
    assert sandbox.app.calls.changes() == []


def test_killed_while_it_is_scrubbed_no_second_set_is_taken(shell: Shell, sandbox: Seeded) -> None:
    def dies(disk: Path, name: str) -> None:
        scrub(disk, name)
        raise KeyboardInterrupt

    shell.scrub = dies
    assert shell.run(CREATE).exit == 130
    shell.scrub = scrub

    assert shell.run(CREATE).exit == 0

    assert sandbox.app.calls.names().count("ec2:CreateSnapshots") == 1
    assert SECRET not in content(sandbox, disks(image(sandbox))["/dev/xvda"])


@pytest.mark.parametrize(
    "when,call",
    [
        ("before", "ebs:GetSnapshotBlock"),
        ("before", "ebs:PutSnapshotBlock"),
        ("before", "ec2:RegisterImage"),
        ("after", "ec2:CreateSnapshots"),
        ("after", "ebs:StartSnapshot"),
        ("after", "ebs:CompleteSnapshot"),
        ("after", "ec2:RegisterImage"),
    ],
)
def test_killed_at_a_call_it_is_gone_on_with(shell: Shell, sandbox: Seeded, when: str, call: str) -> None:
    shell.workers = 1
    struck: list[str] = []

    def die(made: Any) -> None:
        if made.name == call and not struck:
            struck.append(call)
            raise KeyboardInterrupt

    (sandbox.before if when == "before" else sandbox.after)(die)
    assert shell.run(CREATE).exit == 130
    assert struck

    assert shell.run(CREATE).exit == 0

    names = sandbox.app.calls.names()
    assert names.count("ec2:CreateSnapshots") == 1
    made = disks(image(sandbox))
    mine = sandbox.ec2.describe_snapshots(
        OwnerIds=["self"], Filters=[{"Name": "tag:Name", "Values": ["golden"]}]
    )
    assert [each["SnapshotId"] for each in mine["Snapshots"]] == [made["/dev/xvda"]]
    assert not list((shell.home / "cache").rglob("clean"))


def test_begun_anew_when_what_it_was_working_on_is_gone(shell: Shell, sandbox: Seeded) -> None:
    def dies(_disk: Path, _name: str) -> None:
        raise KeyboardInterrupt

    shell.scrub = dies
    shell.run(CREATE)
    shell.run("snapshot delete 'web-1@*' -y")
    shell.scrub = scrub

    assert shell.run(CREATE).exit == 0

    assert sandbox.app.calls.names().count("ec2:CreateSnapshots") == 2


def test_no_wait_is_not_for_what_is_scrubbed(shell: Shell) -> None:
    assert shell.run(f"{CREATE} --no-wait").exit == 2
