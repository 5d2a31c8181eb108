"""How a build ends: what a killed one has left, who may build at once, and when an earlier disk is what is wanted."""

from __future__ import annotations

from pathlib import Path

import pytest

from ec2kit.errors import Busy
from ec2kit.images.disk.spec import GIB
from ec2kit.images.finishing import Built, Draft, finish, found, manifest_path, untested
from ec2kit.images.recipes.architectures import Architecture
from tests.support.clocks import FakeClock


def told(_: str) -> None:
    """Nobody listens."""


def finished(target: Path, identity: str = "made of this") -> Built:
    """A disk that was built without a boot."""
    with untested(target) as disk:
        with disk.open("wb") as file:
            file.truncate(GIB)
        draft = Draft(
            path=disk,
            name="shop",
            architecture=Architecture.X86_64,
            size_gib=1,
            boot_modes=("bios",),
            firmwares=(),
            identity=identity,
            contents={"recipe": None, "root": {"packages": ["one", "two"]}},
            again="--from vendor.raw",
        )
        return finish(draft, target, FakeClock(), told, told)


def test_what_a_killed_build_left_is_gone_before_and_after(tmp_path: Path) -> None:
    target = tmp_path / "disks" / "shop.raw"
    target.parent.mkdir()
    for ending in ("", ".part", ".unpacked"):
        (target.parent / f"shop.untested.raw{ending}").write_text("half")
    (target.parent / f".{manifest_path(target).name}.x1").write_text("half")
    with pytest.raises(KeyError):
        _fails(target)
    assert [path.name for path in target.parent.iterdir() if path.suffix != ".lock"] == []


def test_one_name_is_built_by_one_process(tmp_path: Path) -> None:
    target = tmp_path / "shop.raw"
    with untested(target), pytest.raises(Busy, match=r"'shop\.raw' is being built"), untested(target):
        raise AssertionError("two build it")


@pytest.mark.slow
def test_a_finished_disk_is_found_by_those_who_want_the_same(tmp_path: Path) -> None:
    target = tmp_path / "shop.raw"
    built = finished(target)
    earlier = found(target, "made of this", ())
    assert earlier is not None
    assert (earlier.sha256, earlier.packages, earlier.made_now) == (built.sha256, 2, False)
    assert found(target, "made of that", ()) is None
    assert found(target, "made of this", ("bios",)) is None, "it was not booted"
    with target.open("r+b") as file:
        file.truncate(GIB - 512)
    assert found(target, "made of this", ()) is None, "it is not whole"
    manifest_path(target).write_text("{")
    assert found(target, "made of this", ()) is None


def _fails(target: Path) -> None:
    with untested(target) as disk:
        assert [path.name for path in target.parent.iterdir() if path.suffix != ".lock"] == []
        for ending in ("", ".part", ".unpacked"):
            disk.with_name(f"{disk.name}{ending}").write_text("half")
        raise KeyError
