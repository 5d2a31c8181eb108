"""`--volume`: what it may say, and what a launch makes of it."""

import pytest

from ec2kit.errors import UsageError
from ec2kit.fleet.launch.disks import DEVICES, VolumeWish, mappings_for, parse_volume
from ec2kit.model.disks import Mapping

ROOT = Mapping("/dev/xvda", size_gib=8, type="gp3")


@pytest.mark.parametrize(
    "word,wish",
    [
        ("20", VolumeWish(20)),
        ("20G", VolumeWish(20)),
        ("20:gp2", VolumeWish(20, "gp2")),
        ("20:io2@/dev/sdg", VolumeWish(20, "io2", "/dev/sdg")),
        ("20@/dev/xvda", VolumeWish(20, "gp3", "/dev/xvda")),
    ],
)
def test_parse(word: str, wish: VolumeWish) -> None:
    assert parse_volume(word) == wish


@pytest.mark.parametrize("word", ["", "x", "0", "65537", "20:gp9", "20@", "20:", "-5", "20@fast"])
def test_parse_refuses(word: str) -> None:
    with pytest.raises(UsageError):
        parse_volume(word)


def test_volumes_take_the_first_free_devices() -> None:
    made = mappings_for([VolumeWish(1), VolumeWish(2, device="/dev/sdf"), VolumeWish(3)], (ROOT,))

    assert [(each.device, each.size_gib) for each in made] == [
        ("/dev/sdg", 1),
        ("/dev/sdf", 2),
        ("/dev/sdh", 3),
    ]
    assert all(each.delete_on_termination for each in made)


def test_a_volume_at_the_images_device_changes_that_one() -> None:
    kept = Mapping("/dev/xvda", size_gib=8, delete_on_termination=False)

    (made,) = mappings_for([VolumeWish(50, device="/dev/xvda")], (kept,))

    assert (made.size_gib, made.snapshot, made.delete_on_termination) == (50, None, False)


@pytest.mark.parametrize(
    "wishes",
    [
        [VolumeWish(4, device="/dev/xvda")],
        [VolumeWish(9, device="/dev/sdf"), VolumeWish(9, device="/dev/sdf")],
        [VolumeWish(1)] * (len(DEVICES) + 1),
    ],
)
def test_volumes_that_cannot_be(wishes: list[VolumeWish]) -> None:
    with pytest.raises(UsageError):
        mappings_for(wishes, (ROOT,))
