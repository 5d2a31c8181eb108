"""The vendor's file: what is taken, the working copy of it, and that the file itself stays as it was."""

from __future__ import annotations

import gzip
import lzma
from pathlib import Path

import pytest

from ec2kit.errors import UsageError
from ec2kit.host.processes import run
from ec2kit.images.disk.spec import GIB, MIB
from ec2kit.images.importing import Source
from ec2kit.images.recipes.recipe import Recipe
from ec2kit.images.vendor.building import NO_RECIPE, VendorOrder, stages
from ec2kit.images.vendor.source import (
    Size,
    VendorFile,
    open_file,
    plain_name,
    sum_of,
    unpacked_path,
    working_copy,
)

pytestmark = pytest.mark.slow

TABLE = "label: gpt\nstart=8192, size=8192, type=L\nstart=2048, size=4096, type=U\n"
CONTENT = b"a system of the vendor's"


def disk(path: Path, size: int = 64 * MIB) -> Path:
    """A disk with loaders for both firmwares, and something at its end."""
    with path.open("wb") as file:
        file.truncate(size)
    run(["sfdisk", "--quiet", "--no-reread", "--no-tell-kernel", str(path)], 60, stdin=TABLE)
    with path.open("r+b") as file:
        file.write(b"\xeb\x63boot")
        file.seek(48 * MIB)
        file.write(CONTENT)
    return path


def told(_: str) -> None:
    """Nobody listens."""


@pytest.mark.parametrize("form", ["raw", "qcow2", "vmdk", "vhdx", "raw.xz"])
def test_every_format_becomes_a_raw_disk_of_whole_gib(tmp_path: Path, form: str) -> None:
    raw = disk(tmp_path / "made.raw")
    given = tmp_path / f"vendor.{form}"
    if form == "raw.xz":
        given.write_bytes(lzma.compress(raw.read_bytes(), preset=0))
    else:
        run(["qemu-img", "convert", "-O", form, str(raw), str(given)], 60)
    before = sum_of(given)
    target = tmp_path / "work" / "copy.raw"

    assert working_copy(open_file(given), target, Size(), told) == ("bios", "uefi")

    assert target.stat().st_size == GIB
    assert target.stat().st_blocks * 512 < 16 * MIB, "zeros are holes"
    with target.open("rb") as file:
        file.seek(48 * MIB)
        assert file.read(len(CONTENT)) == CONTENT
    checked = run(["sfdisk", "--verify", str(target)], 60)
    assert "No errors detected" in checked.stdout
    assert "corrected" not in checked.stderr, "the spare table is at the end of the disk"
    assert sum_of(given) == before
    assert sorted(path.name for path in target.parent.iterdir()) == ["copy.raw"]


def test_a_disk_grows_and_does_not_shrink(tmp_path: Path) -> None:
    given = open_file(disk(tmp_path / "made.raw"))
    working_copy(given, tmp_path / "copy.raw", Size(asked=3, least=2), told)
    assert (tmp_path / "copy.raw").stat().st_size == 3 * GIB
    working_copy(given, tmp_path / "copy.raw", Size(least=2), told)
    assert (tmp_path / "copy.raw").stat().st_size == 2 * GIB
    with (tmp_path / "large.raw").open("wb") as file:
        file.truncate(3 * GIB)
    with pytest.raises(UsageError, match="has 3 GiB, and does not go into 2"):
        working_copy(open_file(tmp_path / "large.raw"), tmp_path / "copy.raw", Size(asked=2), told)


def test_what_is_no_disk_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no file") as caught:
        open_file(tmp_path / "absent.qcow2")
    assert "fetch" in caught.value.hint
    (tmp_path / "page.img").write_text("<html>404 not found</html>\n")
    with pytest.raises(UsageError, match="no disk that starts"):
        working_copy(open_file(tmp_path / "page.img"), tmp_path / "copy.raw", Size(), told)
    (tmp_path / "page.qcow2").write_text("<html>404 not found</html>\n")
    with pytest.raises(UsageError, match="what is in it is raw"):
        open_file(tmp_path / "page.qcow2")
    (tmp_path / "a.tar.xz").write_bytes(lzma.compress(b"an archive"))
    with pytest.raises(UsageError, match="is an archive"):
        open_file(tmp_path / "a.tar.xz")
    (tmp_path / "a.raw.gz").write_bytes(gzip.compress(b"a disk"))
    with pytest.raises(UsageError, match="is packed") as caught:
        open_file(tmp_path / "a.raw.gz")
    assert "gunzip" in caught.value.hint


def test_a_packed_file_that_was_cut_off_leaves_nothing(tmp_path: Path) -> None:
    packed = lzma.compress(disk(tmp_path / "made.raw").read_bytes(), preset=0)
    given = tmp_path / "cut.raw.xz"
    given.write_bytes(packed[: len(packed) // 2])
    target = tmp_path / "copy.raw"
    with pytest.raises(UsageError, match="damaged"):
        working_copy(open_file(given), target, Size(), told)
    assert not unpacked_path(target).exists()
    assert not target.exists()


@pytest.mark.parametrize(
    "file, name",
    [
        ("debian-12-generic-amd64.qcow2", "debian-12-generic-amd64"),
        ("Fedora-Cloud-Base-40.x86_64.raw.xz", "Fedora-Cloud-Base-40.x86_64"),
        ("noble-server+a b.img", "noble-server-a b"),
    ],
)
def test_an_image_without_a_name_has_its_files(file: str, name: str) -> None:
    assert plain_name(Path("/images") / file) == name


def test_an_order_is_checked_and_told_without_reading_the_disk(tmp_path: Path) -> None:
    given = VendorFile(tmp_path / "v.qcow2", Source(tmp_path / "v.qcow2", "qcow2", 3 * GIB))
    order = VendorOrder(given, NO_RECIPE, "v", None, 0)
    order.check()
    assert order.expected_gib == 3
    assert stages(order)[0] == "make a raw disk of 3 GiB of v.qcow2, which stays as it is"
    with pytest.raises(UsageError, match="does not go into 2"):
        VendorOrder(given, NO_RECIPE, "v", None, 2).check()
    large = Recipe("shop", size_gib=8)
    assert VendorOrder(given, large, "v", None, 0).expected_gib == 8
    with pytest.raises(UsageError, match="'shop' wants a disk of 8 GiB, not 4"):
        VendorOrder(given, large, "v", None, 4).check()


def test_what_decides_about_the_disk_is_in_its_identity(tmp_path: Path) -> None:
    given = VendorFile(tmp_path / "v.qcow2", None)
    order = VendorOrder(given, NO_RECIPE, "v", None, 0)
    others = [
        VendorOrder(given, Recipe("shop", hooks=("true\n",), size_gib=1), "v", None, 0),
        VendorOrder(given, NO_RECIPE, "v", None, 4),
    ]
    sums = {order.identity("a"), order.identity("b"), *(each.identity("a") for each in others)}
    assert len(sums) == 4
    assert order.identity("a") == VendorOrder(given, NO_RECIPE, "another name", None, 0).identity("a")
