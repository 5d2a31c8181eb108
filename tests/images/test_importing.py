"""Foreign disks: told apart, never followed to other files, converted whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ec2kit.blocks.data import DiskFile
from ec2kit.errors import Ec2kitError, UsageError
from ec2kit.host.processes import ProcessFailed, run
from ec2kit.images.importing import Source, convert, convert_argv, inspect, source_of
from tests.blocks.disks import disk_of, filled

pytestmark = pytest.mark.slow

PLACES = (0, 3, 9)


def packed(tmp_path: Path, name: str, *options: str) -> Path:
    """The small disk in the format that `options` say."""
    raw, target = disk_of(tmp_path / "source", PLACES, 12), tmp_path / name
    run(["qemu-img", "convert", "-f", "raw", *options, str(raw), str(target)], 60)
    return target


@pytest.mark.parametrize(
    "name, options, form",
    [
        ("d.raw", ("-O", "raw"), "raw"),
        ("d.img", ("-O", "raw"), "raw"),
        ("d.img", ("-O", "qcow2"), "qcow2"),
        ("d.qcow2", ("-O", "qcow2", "-c"), "qcow2"),
        ("d.vmdk", ("-O", "vmdk"), "vmdk"),
        ("d.vmdk", ("-O", "vmdk", "-o", "subformat=streamOptimized"), "vmdk"),
        ("d.vhd", ("-O", "vpc", "-o", "force_size=on"), "vpc"),
        ("d.vhd", ("-O", "vpc", "-o", "subformat=fixed,force_size=on"), "vpc"),
        ("d.vhdx", ("-O", "vhdx"), "vhdx"),
        ("with:colon.qcow2", ("-O", "qcow2"), "qcow2"),
    ],
)
def test_each_format_is_found_out_and_gives_the_same_disk(
    tmp_path: Path, name: str, options: tuple[str, ...], form: str
) -> None:
    path = tmp_path / name
    raw = disk_of(tmp_path / "source", PLACES, 12)
    run(["qemu-img", "convert", "-f", "raw", *options, str(raw), f"file:{path}"], 60)

    source = inspect(path)

    assert (source.form, source.size_gib, source.is_raw) == (form, 1, form == "raw")
    with DiskFile(convert(source, tmp_path / "new" / "disk.raw")) as disk:
        assert dict(disk.data()) == {index: filled(index) for index in PLACES}
    assert [each.name for each in (tmp_path / "new").iterdir()] == ["disk.raw"]


def test_a_disk_that_is_kept_in_another_file_is_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret" * 1000)
    argv = [
        "qemu-img",
        "create",
        "-q",
        "-f",
        "qcow2",
        "-b",
        str(secret),
        "-F",
        "raw",
        str(tmp_path / "d.qcow2"),
    ]
    run(argv, 60)
    flat = packed(tmp_path, "d.vmdk", "-O", "vmdk", "-o", "subformat=monolithicFlat")
    run(
        [
            "qemu-img",
            "create",
            "-q",
            "-f",
            "qcow2",
            "-o",
            f"data_file={tmp_path / 'x'}",
            str(tmp_path / "e.qcow2"),
            "1M",
        ],
        60,
    )

    for path, other in ((tmp_path / "d.qcow2", "secret"), (flat, "d-flat.vmdk"), (tmp_path / "e.qcow2", "x")):
        with pytest.raises(UsageError, match="keeps its data in another file") as refused:
            inspect(path)
        assert f"{other}'" in refused.value.message


def test_a_file_that_is_not_what_its_name_says_is_refused_unless_it_was_said(tmp_path: Path) -> None:
    path = packed(tmp_path, "d.raw", "-O", "qcow2")
    with pytest.raises(UsageError, match=r"is called \.raw, and what is in it is qcow2") as refused:
        inspect(path)
    assert "--format qcow2" in refused.value.hint
    assert inspect(path, "qcow2").form == "qcow2"
    # A raw disk is taken for no other, whatever its first sectors pretend.
    as_raw = inspect(path, "raw")
    assert (as_raw.form, as_raw.size_bytes) == ("raw", path.stat().st_size)


def test_a_wrong_format_or_a_damaged_file_is_an_error(tmp_path: Path) -> None:
    path = packed(tmp_path, "d.qcow2", "-O", "qcow2")
    with pytest.raises(ProcessFailed, match="qemu-img info"):
        inspect(path, "vmdk")
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(Ec2kitError):
        inspect(path)
    with pytest.raises(UsageError, match="there is no file"):
        inspect(tmp_path / "missing.raw")


@pytest.mark.parametrize("name, form", [("d.qcow2", "qcow2"), ("d.vmdk", "vmdk")])
def test_a_file_that_was_cut_off_does_not_become_a_disk_of_zeros(
    tmp_path: Path, name: str, form: str
) -> None:
    path = packed(tmp_path, name, "-O", form)
    source = inspect(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(UsageError, match="is damaged") as refused:
        convert(source, tmp_path / "new" / "disk.raw")
    assert f"qemu-img check -q -f {form}" in refused.value.hint
    assert not (tmp_path / "new").exists()


def test_a_conversion_that_fails_leaves_nothing(tmp_path: Path) -> None:
    source = inspect(packed(tmp_path, "d.vhd", "-O", "vpc", "-o", "force_size=on"))
    source.path.unlink()
    with pytest.raises((ProcessFailed, UsageError)):
        convert(source, tmp_path / "new" / "disk.raw")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "disk.raw").mkdir()
    again = inspect(packed(tmp_path, "d.qcow2", "-O", "qcow2"))
    with pytest.raises(Ec2kitError, match="cannot be written"):
        convert(again, tmp_path / "full" / "disk.raw")
    assert [each.name for each in (tmp_path / "full").iterdir()] == ["disk.raw"]


TOLD: dict[str, Any] = {"format": "qcow2", "virtual-size": 1 << 20}


@pytest.mark.parametrize(
    "more, says",
    [
        ({"format": "luks"}, "which is not taken"),
        ({"encrypted": True}, "is encrypted"),
        ({"virtual-size": 0}, "has no disk in it"),
        ({"backing-filename": "nbd://192.0.2.1/x"}, "keeps its data in another file: 'nbd://192.0.2.1/x'"),
    ],
)
def test_what_cannot_be_taken_is_said(more: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        source_of(Path("disk.img"), {**TOLD, **more}, named=False)


def test_the_format_is_never_guessed_again() -> None:
    argv = convert_argv(Source(Path("/a/b.vmdk"), "vmdk", 1), Path("/c/d.raw"))
    assert argv == ["qemu-img", "convert", "-f", "vmdk", "-O", "raw", "file:/a/b.vmdk", "file:/c/d.raw"]
