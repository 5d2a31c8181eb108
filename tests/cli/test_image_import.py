"""`image import` and `image export` as they are typed: round trips, refusals, what stays and what goes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ec2kit.blocks.data import DiskFile
from ec2kit.host.processes import run
from ec2kit.sandbox.faults import Effect, Fault, Spell
from tests.blocks.disks import filled, make_disk, spoil_once
from tests.cli.screens import Screen, Shell
from tests.sandbox.seeded import Seeded

pytestmark = pytest.mark.slow

PLACES = (0, 1, 5, 7)


class Person:
    """Somebody at a terminal with a disk of four blocks, which BIOS can start."""

    def __init__(self, home: Path) -> None:
        self.sandbox = Seeded()
        self.home = home
        self.shell = Shell(home, self.sandbox, answers=["y"] * 9)
        blocks = {index: filled(index) for index in PLACES}
        blocks[0] = blocks[0][:510] + b"\x55\xaa" + blocks[0][512:]
        self.disk = make_disk(home / "disk.raw", blocks)

    def type(self, line: str) -> Screen:
        """One line."""
        return self.shell.run(line)

    def direct(self) -> list[str]:
        """The states of the snapshots that were uploaded."""
        wanted = [{"Name": "volume-id", "Values": ["vol-ffffffff"]}]
        found = self.sandbox.ec2.describe_snapshots(OwnerIds=["self"], Filters=wanted)["Snapshots"]
        return [each["State"] for each in found]

    def images(self, name: str) -> list[str]:
        """The states of our images of this name."""
        wanted = [{"Name": "name", "Values": [name]}]
        found = self.sandbox.ec2.describe_images(Owners=["self"], Filters=wanted)["Images"]
        return [each["State"] for each in found]

    def break_(self, action: str, after: int) -> None:
        """AWS answers so many of these calls, and then no more of them."""
        fault = Fault("f", f"ebs:{action}", Effect("503"), Spell(after=after), self.sandbox.now)
        self.sandbox.app.world.faults.add(fault)

    def mend(self) -> None:
        """All is well again."""
        self.sandbox.app.world.faults.faults.clear()

    def left(self) -> list[str]:
        """The files beside the disk, but for the state of ec2kit."""
        return sorted(
            each.name for each in self.home.rglob("*") if each.suffix in (".raw", ".part", ".blocks")
        )


@pytest.fixture
def person(tmp_path: Path) -> Person:
    return Person(tmp_path)


@pytest.fixture(scope="module")
def idle(tmp_path_factory: pytest.TempPathFactory) -> Person:
    """One for all the tests in which nothing comes about."""
    return Person(tmp_path_factory.mktemp("idle"))


def test_what_goes_up_comes_down_the_same(person: Person) -> None:
    run(
        ["qemu-img", "convert", "-f", "raw", "-O", "vmdk", str(person.disk), str(person.home / "disk.vmdk")],
        60,
    )
    imported = person.type("image import disk.vmdk --name old-server --no-boot-test")
    assert imported.exit == 0, imported
    shown = json.loads(person.type("image show old-server -o json").stdout)
    assert (shown["architecture"], shown["boot_mode"], shown["ena"]) == ("x86_64", "legacy-bios", True)
    assert person.left() == ["disk.raw"]

    assert person.type("image export old-server back.raw").exit == 0
    packed = person.type("image export old-server back.qcow2 --format qcow2 -o json")
    assert json.loads(packed.stdout)["blocks"] == len(PLACES)
    assert person.left() == ["back.raw", "disk.raw"]
    with DiskFile(person.home / "back.raw") as back, DiskFile(person.disk) as disk:
        assert dict(back.data()) == dict(disk.data())
    again = person.type("image import back.qcow2 --name i386 --arch i386 --no-boot-test --verify sample")
    assert again.exit == 0, again
    shown = json.loads(person.type("image show i386 -o json").stdout)
    assert (shown["architecture"], shown["boot_mode"], shown["ena"]) == ("i386", "legacy-bios", False)


@pytest.mark.parametrize(
    "words, exit, says, hint",
    [
        ("disk.raw --name debian-12-amd64", 5, "has the name 'debian-12-amd64' already", "choose another"),
        ("disk.raw --name x", 2, "cannot be the name of an image", "3 to 128"),
        ("disk.raw --name web --arch arm64", 2, "starts with bios only", "--boot-mode uefi"),
        ("disk.raw --name web --boot-mode uefi", 2, "needs a loader for uefi", "use --boot-mode legacy-bios"),
        ("none.raw --name web", 2, "raw, qcow2, vmdk, vhd or vhdx", ""),
        ("disk.raw --name web --format qcow2", 1, "qemu-img info", ""),
        ("disk.raw --name web --arch sparc", 2, "there is no architecture 'sparc'", ""),
    ],
)
def test_what_can_be_found_wrong_is_found_wrong_before_anything_is_uploaded(
    idle: Person, words: str, exit: int, says: str, hint: str
) -> None:
    screen = idle.type(f"image import {words} --no-boot-test")
    assert (screen.exit, says in screen.stderr, hint in screen.stderr) == (exit, True, True), screen
    assert (idle.direct(), idle.left()) == ([], ["disk.raw"])


def test_a_dry_run_converts_and_uploads_nothing(idle: Person) -> None:
    run(
        ["qemu-img", "convert", "-f", "raw", "-O", "qcow2", str(idle.disk), str(idle.home / "d.qcow2")],
        60,
    )
    screen = idle.type("image import d.qcow2 --name web --dry-run -o json")
    plan = json.loads(screen.stdout)
    assert [step["kind"] for step in plan["steps"]] == [
        "upload-snapshot",
        "verify-snapshot",
        "register-image",
    ]
    assert (idle.direct(), idle.left()) == ([], ["disk.raw"])


def test_what_failed_is_gone_on_with_and_then_nothing_is_left(person: Person) -> None:
    run(
        ["qemu-img", "convert", "-f", "raw", "-O", "qcow2", str(person.disk), str(person.home / "d.qcow2")],
        60,
    )
    person.break_("PutSnapshotBlock", after=3)
    words = "image import d.qcow2 --name web --no-boot-test"
    failed = person.type(words)
    assert failed.exit == 1
    assert "ec2kit resume" in failed.stderr
    assert person.direct() == ["pending"]

    person.mend()
    again = person.type(words)

    assert (again.exit, "resuming run" in again.stderr) == (0, True), again
    assert (person.direct(), person.left()) == (["completed"], ["disk.raw"])


def test_an_upload_that_is_given_up_is_removed_by_gc(person: Person) -> None:
    person.break_("PutSnapshotBlock", after=3)
    assert person.type("image import disk.raw --name web --no-boot-test").exit == 1
    person.mend()
    assert "delete-snapshot" not in person.type("gc --dry-run").stdout
    assert person.type("resume --abandon").exit == 0

    done = person.type("gc -y")
    person.sandbox.tick(60)

    assert (done.exit, person.direct()) == (0, []), done


def test_gc_leaves_what_an_image_uses(person: Person) -> None:
    assert person.type("image import disk.raw --name web --no-boot-test").exit == 0
    assert person.type("gc -y").stdout == ""
    assert person.direct() == ["completed"]


def test_an_import_is_taken_back_by_undo(person: Person) -> None:
    assert person.type("image import disk.raw --name web --no-boot-test").exit == 0
    (run_id,) = json.loads(person.type("history -o json").stdout)
    undone = person.type(f"undo {run_id['id']} -y")
    person.sandbox.tick(60)
    assert (undone.exit, person.direct()) == (0, []), undone
    assert person.type("image show web").exit == 4


def test_an_export_does_not_replace_a_file_unasked(idle: Person) -> None:
    screen = idle.type("image export debian-12-amd64 disk.raw")
    assert (screen.exit, "is there already" in screen.stderr) == (5, True)
    assert idle.type("image export debian-12-amd64 no/where.raw").exit == 2
    assert idle.type("image export snap-0123456789abcdef0 x.raw").exit == 4
    assert idle.left() == ["disk.raw"]


def test_an_export_that_was_cut_goes_on(person: Person) -> None:
    assert person.type("image import disk.raw --name web --no-boot-test").exit == 0
    person.break_("GetSnapshotBlock", after=2)
    person.shell.workers = 1
    assert person.type("image export web back.raw").exit == 1
    assert not (person.home / "back.raw").exists()
    person.mend()
    person.sandbox.app.calls.clear()
    assert person.type("image export web back.raw").exit == 0
    assert sum(call.action == "GetSnapshotBlock" for call in person.sandbox.app.calls) == len(PLACES) - 2
    with DiskFile(person.home / "back.raw") as back, DiskFile(person.disk) as disk:
        assert dict(back.data()) == dict(disk.data())


def test_what_comes_back_other_than_it_was_sent_is_not_registered_and_the_same_words_begin_anew(
    person: Person,
) -> None:
    spoil_once(person.sandbox, 5)
    line = "image import disk.raw --name debian --no-boot-test"

    screen = person.type(line)

    assert screen.exit == 1
    assert "is not what the file is: 1 blocks differ: 5; it was deleted" in screen.stderr
    assert "hint: run the same command again" in screen.stderr
    assert (person.direct(), person.images("debian")) == ([], [])
    assert person.left() == ["disk.raw"]

    again = person.type(line)

    assert again.exit == 0, again
    assert person.direct() == ["completed"]
    assert person.images("debian") == ["available"]
    assert person.type("gc -y").exit == 0
    assert person.direct() == ["completed"]


def test_a_snapshot_that_ends_in_error_is_told_and_the_same_words_make_another(person: Person) -> None:
    person.sandbox.app.world.conditions.next_snapshots_fail = 1
    line = "image import disk.raw --name debian --no-boot-test"

    screen = person.type(line)

    assert screen.exit == 1
    assert "ended in error: " in screen.stderr
    assert "; it was deleted" in screen.stderr
    assert "hint: run the same command again" in screen.stderr
    assert (person.direct(), person.images("debian"), person.left()) == ([], [], ["disk.raw"])

    again = person.type(line)

    assert again.exit == 0, again
    assert (person.direct(), person.images("debian")) == (["completed"], ["available"])
