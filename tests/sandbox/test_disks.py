"""What is on practice disks: seeded, read back, written by a machine, kept over a restart, gone when forgotten."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from ec2kit.errors import NotFound, UsageError
from ec2kit.sandbox import ACCESS_KEY, REGION, SECRET_KEY, disks, process, store
from ec2kit.sandbox.direct import direct_client
from ec2kit.sandbox.disk_client import DiskClient
from ec2kit.sandbox.process import Address
from ec2kit.sandbox.raw_files import blocks_of
from tests.sandbox.rules.blocks_ground import BLOCK, block, contents, upload
from tests.sandbox.rules.making import calm, disks_of, launch, make_image, make_volume
from tests.support.inprocess import InProcess

pytestmark = pytest.mark.slow


def raw_image(path: Path, size_gib: int = 1) -> Path:
    """A sparse image with data at its start, in its middle and in its last sector, and zeros that were written."""
    with path.open("wb") as file:
        file.truncate(size_gib * 1024**3)
        for offset, data in (
            (0, b"boot"),
            (5 * BLOCK + 100, b"root"),
            (size_gib * 1024**3 - 512, b"end" * 9),
        ):
            file.seek(offset)
            file.write(data)
        file.seek(9 * BLOCK)
        file.write(bytes(BLOCK))
    return path


def same(one: Path, other: Path) -> bool:
    sizes = one.stat().st_size == other.stat().st_size
    return sizes and list(blocks_of(one)) == list(blocks_of(other))


def test_a_volume_has_what_is_put_into_it_and_a_snapshot_keeps_it(tmp_path: Path) -> None:
    sandbox = calm()
    source = raw_image(tmp_path / "source.raw")
    volume_id = make_volume(sandbox, 1)
    assert disks.put_volume(sandbox.app, volume_id, source) == 3
    assert disks.indexes(sandbox.app, volume_id) == [0, 5, 2047]
    snapshot_id = sandbox.client("ec2").create_snapshot(VolumeId=volume_id)["SnapshotId"]
    sandbox.tick(60)
    disks.write(sandbox.app, volume_id, [(0, block("x")), (5, bytes(BLOCK)), (6, block("y"))])
    assert disks.indexes(sandbox.app, volume_id) == [0, 6, 2047]
    assert sorted(contents(sandbox, snapshot_id)) == [0, 5, 2047]
    disks.get_volume(sandbox.app, snapshot_id, tmp_path / "back.raw")
    assert same(source, tmp_path / "back.raw")
    assert (tmp_path / "back.raw").stat().st_blocks * 512 <= 3 * BLOCK
    disks.put_volume(sandbox.app, volume_id, source)
    assert dict(disks.read(sandbox.app, volume_id)) == contents(sandbox, snapshot_id)


def test_the_root_of_a_machine_is_its_images_snapshot() -> None:
    sandbox = calm()
    snapshot_id = upload(sandbox, {3: block("r")}, size=8)
    image_id = make_image(
        sandbox,
        "own",
        BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": snapshot_id}}],
    )
    (instance_id,) = launch(sandbox, image_id)
    root = disks_of(sandbox, instance_id)["/dev/xvda"]["VolumeId"]
    assert dict(disks.read(sandbox.app, root)) == {3: block("r")}
    disks.write(sandbox.app, root, [(4, block("s"))])
    made = sandbox.client("ec2").create_image(InstanceId=instance_id, Name="later")["ImageId"]
    away = sandbox.client("ec2", "us-east-1")
    sandbox.tick(120)
    copied = away.copy_image(Name="later", SourceImageId=made, SourceRegion="eu-west-1")["ImageId"]
    sandbox.tick(120)
    shown = away.describe_images(ImageIds=[copied])["Images"][0]["BlockDeviceMappings"][0]["Ebs"]
    assert contents(sandbox, shown["SnapshotId"], "us-east-1") == {3: block("r"), 4: block("s")}


def test_what_cannot_be_written() -> None:
    sandbox = calm()
    volume_id = make_volume(sandbox, 1)
    with pytest.raises(NotFound):
        disks.indexes(sandbox.app, "vol-00000000000000000")
    with pytest.raises(NotFound):
        list(disks.read(sandbox.app, "nonsense"))
    with pytest.raises(UsageError):
        disks.write(sandbox.app, volume_id, [(2048, block("a"))])
    with pytest.raises(UsageError):
        disks.write(sandbox.app, upload(sandbox, {}), [(0, block("a"))])


def test_disks_are_saved_beside_the_state_and_what_nobody_needs_is_swept(tmp_path: Path) -> None:
    sandbox = calm()
    kept = upload(sandbox, {0: block("a"), 1: block("b")})
    gone = upload(sandbox, {0: block("c")})
    half = sandbox.client("ebs").start_snapshot(VolumeSize=1)["SnapshotId"]
    path = tmp_path / "sandbox-try.state"
    store.save(sandbox.app, path)
    sandbox.client("ec2").delete_snapshot(SnapshotId=gone)
    store.save(sandbox.app, path)
    assert path.stat().st_size < BLOCK
    directory = tmp_path / "sandbox-try.blocks"
    assert len(list(directory.glob("??/*"))) == 3
    app = store.load(path)
    assert len(list(directory.glob("??/*"))) == 2
    ebs = direct_client(app, "ebs")
    assert [one["BlockIndex"] for one in ebs.list_snapshot_blocks(SnapshotId=kept)["Blocks"]] == [0, 1]
    assert dict(disks.read(app, kept)) == {0: block("a"), 1: block("b")}
    assert ebs.complete_snapshot(SnapshotId=half, ChangedBlocksCount=0)["Status"] == "pending"


def test_a_lost_block_is_an_internal_error(tmp_path: Path) -> None:
    sandbox = calm()
    snapshot_id = upload(sandbox, {0: block("a")})
    store.save(sandbox.app, tmp_path / "sandbox-try.state")
    (lost,) = (tmp_path / "sandbox-try.blocks").glob("??/*")
    lost.unlink()
    with pytest.raises(Exception, match="InternalServerException"):
        contents(sandbox, snapshot_id)


def places(sandbox: InProcess) -> list[Path]:
    directory = sandbox.app.world.disks.directory
    return [directory] if directory else []


def test_a_sandbox_without_a_place_keeps_its_blocks_while_it_lives() -> None:
    sandbox = calm()
    assert places(sandbox) == []
    disks.write(sandbox.app, make_volume(sandbox, 1), [(0, block("a"))])
    (directory,) = places(sandbox)
    assert directory.exists()
    calm()
    assert not directory.exists()


@pytest.fixture
def address(tmp_path: Path) -> Iterator[Address]:
    yield process.start("disks", state_dir=tmp_path, runtime_dir=tmp_path, empty=True, speed=1000)
    process.forget("disks", state_dir=tmp_path, runtime_dir=tmp_path)
    assert not list(tmp_path.glob("sandbox-*"))


def client(address: Address, service: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=address.endpoint,
        region_name=REGION,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
    )


def test_another_process_puts_and_gets_and_finds_it_after_a_restart(address: Address, tmp_path: Path) -> None:
    address.control().tick(timedelta(seconds=10))
    source = raw_image(tmp_path / "source.raw")
    ec2 = client(address, "ec2")
    volume_id = ec2.create_volume(AvailabilityZone="eu-west-1a", Size=1)["VolumeId"]
    door = DiskClient(address)
    other = tmp_path / "other.raw"
    other.write_bytes(bytes(BLOCK) + block("q"))
    assert door.put(volume_id, other) == 1
    assert door.put(volume_id, source) == 3
    assert door.indexes(volume_id) == [0, 5, 2047]
    with pytest.raises(NotFound):
        door.put("vol-00000000000000000", source)
    with pytest.raises(UsageError):
        door.put(volume_id, raw_image(tmp_path / "large.raw", 2))
    process.stop("disks", tmp_path)
    again = process.start("disks", state_dir=tmp_path, runtime_dir=tmp_path)
    DiskClient(again).get(volume_id, tmp_path / "back.raw")
    assert same(source, tmp_path / "back.raw")
