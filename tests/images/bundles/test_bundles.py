"""Bundles on the sandbox: stored, listed, verified, restored, pruned."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from pathlib import Path

import pytest

from ec2kit.model.periods import parse_time
from ec2kit.sandbox import breaks
from ec2kit.sandbox.disks import get_volume
from ec2kit.sandbox.fault_words import parse_order
from tests.cli.screens import Shell
from tests.images.bundles.ground import (
    DEVICE,
    LIGHT,
    MIB,
    SHELF,
    Tree,
    attach,
    bundle_of,
    is_same,
    manifest,
    objects,
    put,
    sets,
    write_disk,
)
from tests.sandbox.seeded import Seeded

pytestmark = pytest.mark.slow


def test_a_volume_there_and_back(shell: Shell, sandbox: Seeded, disk: Path) -> None:
    before = sets(shell)

    url = bundle_of(shell)

    assert objects(sandbox, url).keys() == {"sdg.raw.zst", "SHA256SUMS", "manifest.json"}
    assert sets(shell) == before
    assert shell.run(f"bundle restore {url} --to out").exit == 0
    assert is_same(shell.home / "out/sdg.raw", disk)
    assert [each.name for each in (shell.home / "out").iterdir()] == ["sdg.raw"]
    assert (shell.home / "out/sdg.raw").stat().st_blocks * 512 < 64 << 20


def test_the_whole_machine(shell: Shell, sandbox: Seeded) -> None:
    url = bundle_of(shell, "--keep-set")

    stored = manifest(sandbox, url)
    assert [each["device"] for each in stored["objects"]] == ["/dev/xvda", "/dev/sdf", DEVICE, LIGHT]
    assert stored["machine"]["name"] == "web-1"
    assert stored["launch"]["InstanceType"] == "t3.micro"
    assert "UserData" not in stored["launch"]
    assert len(stored["restore"]) <= 10
    [kept] = [name for name in sets(shell) if name == stored["set"]]

    again = bundle_of(shell, f"--set {kept} --volume {LIGHT}")

    assert kept in sets(shell)
    assert manifest(sandbox, again)["set"] == kept
    # A set that is taken for a bundle is dated when it is asked for; one that is there, when AWS began it.
    later = parse_time(manifest(sandbox, again)["taken"]) - parse_time(stored["taken"])
    assert timedelta() <= later < timedelta(minutes=1)
    assert shell.run(f"bundle create web-2 {SHELF} --set {kept}").exit == 2
    assert shell.run(f"snapshot delete {kept} -y").exit == 0


def test_directories_there_and_back(shell: Shell, sandbox: Seeded) -> None:
    url = bundle_of(shell, "--path /etc --path /srv")

    assert objects(sandbox, url).keys() == {"paths.tar.zst", "SHA256SUMS", "manifest.json"}
    screen = shell.run(f"bundle restore {url} --to out")
    assert screen.exit == 0, screen
    assert "/srv/absent was not in it" in screen.stdout
    first, second = shell.home / "out/srv/odd/first", shell.home / "out/srv/odd/second"
    assert first.stat().st_ino == second.stat().st_ino
    assert first.stat().st_mtime == 1_000_000_000
    sparse = shell.home / "out/srv/odd/sparse"
    assert sparse.read_bytes() == (shell.home / "tree/srv/odd/sparse").read_bytes()
    assert sparse.stat().st_blocks * 512 < 1 << 20
    here, there = shell.home / "out", shell.home / "tree"
    assert names(here) == names(there)
    assert isinstance(shell.directories, Tree)
    assert shell.directories.disks == ["xvda", "sdf", "sdg", "sdh"]
    refused = shell.run(f"bundle restore {url} --to volume")
    assert refused.exit == 2
    assert "directories only" in refused.stderr


def names(top: Path) -> list[bytes]:
    found = [(bytes(Path(where)), each) for where, _, files in os.walk(top) for each in files]
    return sorted(where.removeprefix(bytes(top)) + b"/" + os.fsencode(each) for where, each in found)


def test_a_disk_of_two_objects(tmp_path: Path) -> None:
    seeded = Seeded()
    seeded.tick(600)
    large = write_disk(tmp_path / "large", ((5, 1000), (64 << 30, 70_000)), size_gib=66)
    attach(seeded, large, "/dev/sdl")
    shell = Shell(tmp_path, seeded)

    url = bundle_of(shell, "--volume /dev/sdl")

    assert {"sdl.raw.zst.0000", "sdl.raw.zst.0001"} < objects(seeded, url).keys()
    lines = manifest(seeded, url)["restore"]
    assert "cat sdl.raw.zst.* | zstd -d --sparse -o sdl.raw" in lines
    assert shell.run(f"bundle verify {url} --deep").exit == 0
    assert shell.run(f"bundle restore {url} --to out").exit == 0
    with (tmp_path / "out/sdl.raw").open("rb") as back, large.open("rb") as was:
        assert back.seek(0, os.SEEK_END) == 66 << 30
        for at in (0, 32 << 30, 64 << 30, (66 << 30) - MIB):
            back.seek(at)
            was.seek(at)
            assert back.read(MIB) == was.read(MIB)


def test_what_is_not_there_or_cannot_be_is_said_before_anything_is_made(
    shell: Shell, sandbox: Seeded
) -> None:
    for line, code, words in (
        ("web-1 s3://nowhere/m", 4, "does not exist"),
        ("web-1 backups/m", 2, "s3://BUCKET/PREFIX"),
        (f"web-1 {SHELF} --volume /dev/sdz", 4, "it has /dev/sdf"),
        (f"web-1 {SHELF} --path etc", 2, "absolute"),
        (f"nobody {SHELF}", 4, "nobody"),
        (f"web-1 {SHELF} --set web-1@19990101T000000Z", 4, "no snapshot set"),
    ):
        screen = shell.run(f"bundle create {line}")
        assert screen.exit == code, screen
        assert words in screen.stderr, screen
    assert sandbox.app.calls.changes() == []


def test_ls_and_verify(shell: Shell, sandbox: Seeded, bundle: str) -> None:
    put(sandbox, f"{SHELF}/web-9-20200101T000000Z.bundle", "xvda.raw.zst", b"not yet")
    rows = {row["name"]: row for row in json.loads(shell.run(f"bundle ls {SHELF} -o json").stdout)}
    name = bundle.rpartition("/")[2]
    assert rows[name]["state"] == "complete"
    assert rows[name]["machine"] == "web-1"
    assert rows[name]["holds"] == [DEVICE]
    assert rows[name]["stored_bytes"] == sum(objects(sandbox, bundle).values())
    assert rows["web-9-20200101T000000Z.bundle"]["state"] == "unfinished"
    assert shell.run("bundle ls s3://backups/none").stdout == ""

    assert shell.run(f"bundle verify {bundle} --dry-run").exit == 0
    assert "verified.json" not in objects(sandbox, bundle)
    assert shell.run(f"bundle verify {bundle} --deep").exit == 0
    assert "deep" in shell.run(f"bundle ls {SHELF} -o table").stdout
    assert shell.run(f"bundle verify {SHELF}/web-9-20200101T000000Z.bundle").exit == 4
    assert shell.run(f"bundle verify {SHELF}/web-9").exit == 4


def test_verify_finds_what_was_changed(shell: Shell, sandbox: Seeded) -> None:
    url = bundle_of(shell, f"--volume {LIGHT}", "s3://backups/damaged")
    key = f"{url.removeprefix('s3://backups/')}/sdh.raw.zst"
    data = bytearray(sandbox.client("s3").get_object(Bucket="backups", Key=key)["Body"].read())
    data[len(data) // 2] ^= 1
    put(sandbox, url, "sdh.raw.zst", bytes(data))

    for options in ("", "--deep"):
        screen = shell.run(f"bundle verify {url} {options}")
        assert screen.exit == 1
        assert "sdh.raw.zst" in screen.stderr
        assert "hint: restore an older one: ec2kit bundle ls s3://backups/damaged\n" in screen.stderr
    assert "verified.json" not in objects(sandbox, url)
    screen = shell.run(f"bundle restore {url} --to out")
    assert screen.exit == 1
    assert "is not what was put there" in screen.stderr
    assert not (shell.home / "out/sdh.raw").exists()


def test_to_a_volume(shell: Shell, sandbox: Seeded, bundle: str, disk: Path) -> None:
    before = sandbox.ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]

    screen = shell.run(f"bundle restore {bundle} --to volume")

    assert screen.exit == 0, screen
    volume = screen.stdout.split("\t")[0]
    get_volume(sandbox.app, volume, shell.home / "back")
    assert is_same(shell.home / "back", disk)
    (seen,) = sandbox.ec2.describe_volumes(VolumeIds=[volume])["Volumes"]
    assert (seen["AvailabilityZone"], seen["Size"]) == ("eu-west-1a", 1)
    assert {"Key": "ec2kit:device", "Value": DEVICE} in seen["Tags"]
    after = sandbox.ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]
    assert len(after) == len(before)
    assert not list((shell.home / "cache").rglob("*.raw"))
    assert shell.run(f"bundle restore {bundle} --to image --name data-only").exit == 5


def test_a_zone_that_is_not_there_is_told_before_anything_is_read(
    shell: Shell, sandbox: Seeded, bundle: str
) -> None:
    sandbox.app.calls.clear()

    for options in ("", "--dry-run"):
        screen = shell.run(f"bundle restore {bundle} --to volume --zone eu-west-9z {options}")
        assert screen.exit == 4, screen
        assert "zone 'eu-west-9z' does not exist" in screen.stderr
        assert "eu-west-1a, eu-west-1b" in screen.stderr

    assert sandbox.app.calls.changes() == []
    read = [call.params["path"] for call in sandbox.app.calls if call.name == "s3:GetObject"]
    assert not [path for path in read if path.endswith(".raw.zst")]


def test_a_restore_that_fails_says_how_to_go_on_and_how_to_give_it_up(shell: Shell, sandbox: Seeded) -> None:
    url = bundle_of(shell, f"--volume {LIGHT}", "s3://backups/fails")
    before = len(sandbox.ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"])
    breaks.make(sandbox.app.world, parse_order("error:VolumeLimitExceeded", "ec2:CreateVolume"))

    screen = shell.run(f"bundle restore {url} --to volume")

    assert screen.exit == 1, screen
    [line] = [each for each in screen.stderr.splitlines() if "what was made stays" in each]
    assert "`ec2kit resume " in line
    assert len(sandbox.ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]) == before + 1
    assert shell.run("resume --abandon").exit == 0
    assert shell.run("gc -y").exit == 0
    assert len(sandbox.ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]) == before


def test_to_an_image(shell: Shell, sandbox: Seeded) -> None:
    url = bundle_of(shell, "--volume /dev/xvda")
    assert shell.run(f"bundle restore {url} --to image").exit == 2

    screen = shell.run(f"bundle restore {url} --to image --name restored")

    assert screen.exit == 0, screen
    (image,) = sandbox.ec2.describe_images(ImageIds=[screen.stdout.split("\t")[0]])["Images"]
    (like,) = sandbox.ec2.describe_images(ImageIds=[sandbox.instance("web-1")["ImageId"]])["Images"]
    assert image["BootMode"] == "legacy-bios"
    for name in ("Architecture", "EnaSupport", "RootDeviceName", "VirtualizationType"):
        assert image.get(name) == like.get(name), name
    assert [each["DeviceName"] for each in image["BlockDeviceMappings"]] == ["/dev/xvda"]
    taken = shell.run(f"bundle restore {url} --to image --name debian-12-amd64")
    assert taken.exit == 5
    assert "has that name" in taken.stdout


def test_a_directory_with_something_in_it_is_left_alone(shell: Shell, bundle: str, disk: Path) -> None:
    out = shell.home / "out"
    out.mkdir()
    (out / "mine").write_text("mine")
    (out / "sdg.raw").write_text("older")

    assert shell.run(f"bundle restore {bundle} --to out").exit == 5
    assert (out / "sdg.raw").read_text() == "older"
    assert shell.run(f"bundle restore {bundle} --to out --into").exit == 0

    assert (out / "mine").read_text() == "mine"
    assert is_same(out / "sdg.raw", disk)


def test_prune(shell: Shell, sandbox: Seeded) -> None:
    shelf = "s3://backups/prune"
    made = []
    for _ in range(2):
        made.append(shell.run(f"bundle create web-1 {shelf} --volume {LIGHT}").stdout.split("\t")[0])
        sandbox.tick(3600)
    s3 = sandbox.client("s3")
    s3.create_multipart_upload(Bucket="backups", Key="prune/web-2-20260101T000000Z.bundle/x.raw.zst")
    put(sandbox, f"{shelf}/web-2-20260101T000000Z.bundle", "y.raw.zst", b"half")
    put(sandbox, f"{shelf}/somebody", "else.txt", b"stays")

    assert shell.run(f"bundle prune {shelf} --keep-last 1 -y").exit == 0
    assert objects(sandbox, made[0]) == {}
    assert objects(sandbox, made[1]) != {}
    assert len(s3.list_multipart_uploads(Bucket="backups").get("Uploads", ())) == 1

    sandbox.tick(26 * 3600)
    assert shell.run(f"bundle prune {shelf} --keep-last 1 -y").exit == 0
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="backups")
    assert objects(sandbox, f"{shelf}/web-2-20260101T000000Z.bundle") == {}
    assert objects(sandbox, f"{shelf}/somebody") == {"else.txt": 5}


def test_what_was_only_begun_is_left_for_a_day(shell: Shell, sandbox: Seeded) -> None:
    s3 = sandbox.client("s3")
    s3.create_multipart_upload(Bucket="backups", Key="young/web-2-20260101T000000Z.bundle/x.raw.zst")
    prune = "bundle prune s3://backups/young --keep-last 1"

    sandbox.tick(3600)
    [row] = json.loads(shell.run("bundle ls s3://backups/young -o json").stdout)
    assert sandbox.app.world.clock.now() - parse_time(row["taken"]) < timedelta(hours=1, minutes=1)
    assert "abort-upload" not in shell.run(f"{prune} --dry-run").stdout
    assert shell.run(f"{prune} -y").exit == 0
    assert len(s3.list_multipart_uploads(Bucket="backups")["Uploads"]) == 1

    sandbox.tick(24 * 3600)
    assert "abort-upload" in shell.run(f"{prune} --dry-run").stdout
    assert shell.run(f"{prune} -y").exit == 0
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="backups")
